"""Damage of imported texts is named, and sound texts are left alone (L20)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_index import Index, find_damage
from tests.search_index.asking import doc, found


@pytest.mark.parametrize(
    ("text", "kind", "stretch"),
    [
        ("老人代銷農(nóng)產品", "romanised", "(nóng)"),
        ("匯總?cè)罕娦枨?", "broken", "總?cè)罕娦枨?"),
        ("志愿\ufffd者", "broken", "\ufffd"),
        ("锟斤拷锟斤拷", "broken", "锟斤拷锟斤拷"),
        ("鄰裡中心", "converted", "鄰裡"),
        ("最後一公裡", "converted", "公裡"),
        ("社工認証", "converted", "認証"),
        ("麗水鬆陽茶農", "converted", "鬆陽"),
    ],
)
def test_damage_is_named_with_its_place(text: str, kind: str, stretch: str) -> None:
    (one,) = find_damage(text)

    assert one.kind == kind
    assert stretch in one.text  # a word of the house may be longer
    assert text[one.start : one.end] == one.text


@pytest.mark.parametrize(
    "text",
    [
        "公益理发日",
        "上門理髮,這裡真好",
        "整理發票、後來、皇后、放鬆、麵包、鐘錶、複印、恢復",
        "乾淨的日曆,幹部的歷史",
        "有空嗎?來吧",
        "Is it open? (yes)",
        "3—5个,余名(约)",
        "",
    ],
)
def test_a_sound_text_has_none(text: str) -> None:
    assert find_damage(text) == ()


@given(st.text(max_size=60))
def test_any_text_can_be_looked_at(text: str) -> None:
    for one in find_damage(text):
        assert text[one.start : one.end] == one.text


def test_damaged_texts_are_found_by_clean_words(index: Index) -> None:
    texts = {"a": "鄰裡中心", "b": "代銷農(nóng)產品", "c": "麗水鬆陽茶農"}
    index.apply([doc(key, text, lang="zh-Hant") for key, text in texts.items()])

    assert found(index, "邻里")[0] == "a"
    assert found(index, "农产品")[0] == "b"
    assert found(index, "松阳")[0] == "c"
