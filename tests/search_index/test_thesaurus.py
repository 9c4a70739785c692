"""The thesaurus file is well-formed and means what its format says."""

import pytest

from search_index.thesaurus import KIND, RELATED, Thesaurus, load


def others(text: str, phrase: str) -> dict[str, float]:
    return dict(Thesaurus(text).others(phrase))


def test_equal_words_find_each_other() -> None:
    assert others("理发, 剪发, haircuts", "剪发") == {"理发": 1.0, "haircut": 1.0}


def test_kinds_go_one_way() -> None:
    assert others("水果 > 梨, 桃", "水果") == {"梨": KIND, "桃": KIND}
    assert others("水果 > 梨, 桃", "梨") == {}


def test_who_asks_for_an_equal_finds_the_kinds_too() -> None:
    assert others("水果, fruit\n水果 > 梨", "fruit") == {"水果": 1.0, "梨": KIND}


def test_related_words_bring_their_equals_weakly() -> None:
    text = "太极, 太极拳\n~ 广场舞, 太极"
    assert others(text, "广场舞") == {"太极": RELATED, "太极拳": RELATED}
    assert others(text, "太极拳") == {"太极": 1.0, "广场舞": RELATED}


def test_both_scripts_are_one_word() -> None:
    assert others("理髮, 剪髮", "理发") == {"剪发": 1.0}


@pytest.mark.parametrize("bad", ["理发", "理发 >", "> 理发", "~ 理发", "a, b\n理发,"])
def test_a_line_that_is_no_group_is_named(bad: str) -> None:
    number = bad.count("\n") + 1
    with pytest.raises(ValueError, match=f"line {number}:"):
        Thesaurus(bad)


def test_the_house_thesaurus_reads_and_covers_the_handbook() -> None:
    """Domain handbook 1.16, point 6: the synonyms the seeds need."""
    house = load()
    groups = [
        "党群服务中心 党群中心",
        "驿站 服务站 站点",
        "达人 能人",
        "点单 下单 预约",
        "接单 认领 揭榜",
        "爱心银行 时间银行 积分",
        "理发 剪发 义剪",
        "托管 托班 晚托 四点半 三点半",
        "代办 跑腿 代跑",
        "共富工坊 工坊 坊",
        "土货 农特产 农产品",
        "老人 长者 银龄",
    ]
    for group in groups:
        first, *rest = group.split()
        found = dict(house.others(first))
        assert [word for word in rest if found.get(word) != 1.0] == [], first


def test_changing_a_word_changes_the_hash() -> None:
    assert Thesaurus("a, b").hash != Thesaurus("a, c").hash
