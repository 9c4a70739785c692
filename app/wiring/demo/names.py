"""Invented names for the demo town, the same at every run; no real person is meant."""

from __future__ import annotations

from random import Random

SURNAMES = (
    "林陈王李张刘周吴徐孙朱马胡郭何高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程"
    "苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎"
    "贺顾毛郝龚邵万钱严武戴莫孔向汤"
)
GIVEN_FIRST = "晓小文玉海春秋雨雪云明志建国家美丽秀桂金红永长新子思若清静慧雅安定和平"
GIVEN_LAST = "兰芳英华明强军伟平宁波涛帆舟岚霞娟敏洁琴琳燕萍莲荷菊梅竹松柏林森山川江溪"
GRADES = (
    ("小份", "small", "0.6"),
    ("", "", "1"),
    ("大份", "large", "1.8"),
    ("礼盒", "gift box", "2.5"),
)


def person_name(random: Random) -> str:
    """Return a name of two or three characters."""
    surname = random.choice(SURNAMES)
    last = random.choice(GIVEN_LAST)
    middle = random.choice(GIVEN_FIRST) if random.random() < 0.8 else ""
    return surname + middle + last


def workshop_place_names() -> tuple[tuple[str, str], ...]:
    """Return village names for generated workshops."""
    return (
        ("东岙", "East Cove"), ("西岙", "West Cove"), ("南岙", "South Cove"),
        ("北岙", "North Cove"), ("上村", "Upper Village"), ("下村", "Lower Village"),
    )  # fmt: skip
