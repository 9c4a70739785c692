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
ESTATE_TASKS = (
    ("小家电周末看一看", "Weekend look at small appliances", "daily_repair"),
    ("陪您慢慢走一圈", "A slow walk together", "elder_care"),
    ("读报念信半小时", "Half an hour of reading aloud", "elder_care"),
    ("陪孩子下盘棋", "A game of chess with a child", "children"),
    ("手机照片理一理", "Tidy the photos on your phone", "elder_care"),
    ("阳台花草请来看", "Ask about your balcony plants", "culture_sport"),
    ("教您蒸一笼馒头", "Steamed buns, step by step", "culture_sport"),
    ("毛衣织法一对一", "Knitting, one to one", "culture_sport"),
    ("英语口语聊一聊", "A chat in English", "youth"),
    ("简历帮您看一看", "A second look at your CV", "youth"),
    ("二胡入门第一课", "First lesson on the erhu", "culture_sport"),
    ("修拉链换纽扣", "Zips and buttons", "daily_repair"),
    ("羽毛球陪练", "A badminton partner", "youth"),
    ("书法临帖指点", "Advice on your calligraphy", "culture_sport"),
    ("自行车刹车调一调", "Bicycle brakes adjusted", "daily_repair"),
    ("视频通话教会为止", "Video calls until it works", "elder_care"),
    ("数学题讲给你听", "Maths explained", "children"),
    ("家常菜少油少盐", "Home cooking with less salt", "elder_care"),
)
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
