"""Residents find things in their own words and script."""

import pytest

from search_index import Index, Query
from tests.search_index.asking import doc, found


@pytest.fixture
def fair(index: Index) -> Index:
    index.apply(
        [
            doc("cut", "公益理发日", "每周三上午,志愿理发师为街坊剪短发。"),
            doc("cut-tw", "上門義剪", "每月兩次到留守老人家中義剪。", lang="zh-Hant"),
            doc("care", "養老托育一站式諮詢", "", lang="zh-Hant"),
            doc("care-cn", "养老托育政策讲解"),
            doc("place", "麗水鬆陽茶農來訪", "", lang="zh-Hant"),
            doc("place-cn", "丽水松阳香茶品鉴"),
            doc("farm", "留守老人代銷農(nóng)產(chǎn)品", "", lang="zh-Hant"),
            doc("mojibake", "當?shù)睾屯鈦硎鄰囊着_匯總", "", lang="zh-Hant"),
            doc("bike", "电动车安全检查夜场", "刹车、灯光、电池逐项检查。"),
            doc("legal", "Thursday legal questions", "A lawyer answers.", lang="en"),
            doc("night", "夜校:手冲咖啡入门"),
            doc("wheelchair", "轮椅、助行器借用三十天"),
        ]
    )
    return index


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("養老托育", "养老托育", {"care", "care-cn"}),
        ("麗水鬆陽", "丽水松阳", {"place", "place-cn"}),
        ("農產品", "农产品", {"farm"}),
        ("理髮", "理发", {"cut", "cut-tw"}),
        ("電動車", "电动车", {"bike"}),
        ("輪椅", "轮椅", {"wheelchair"}),
    ],
)
def test_both_scripts_find_the_same(
    fair: Index, one: str, other: str, wanted: set[str]
) -> None:
    """L20 of the domain handbook: each pair returns the same hits."""
    assert found(fair, one) == found(fair, other)
    assert wanted <= set(found(fair, one))


def test_a_romanisation_in_brackets_is_noise(fair: Index) -> None:
    """L20: 農(nóng)產(chǎn)品 is 农产品, in documents and in questions."""
    assert found(fair, "農(nóng)產品")[0] == "farm"
    assert found(fair, "nóng") == []


def test_a_broken_row_is_found_by_its_clean_words_only(fair: Index) -> None:
    """L20: nothing is repaired silently."""
    assert "mojibake" in found(fair, "汇总")
    assert "mojibake" not in found(fair, "外来人员从业平台")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("志愿理发师", "cut"),  # inside 志愿理发师为街坊剪短发
        ("街坊", "cut"),
        ("刹车", "bike"),
        ("安全检查", "bike"),
        ("助行器", "wheelchair"),
        ("咖啡", "night"),
    ],
)
def test_words_inside_sentences_are_found(fair: Index, text: str, key: str) -> None:
    assert found(fair, text)[0] == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("lifa", "cut"),
        ("li fa", "cut"),
        ("lǐfà", "cut"),
        ("yexiao", "night"),
        ("ddc", "bike"),  # initials
        ("杂发理发", "cut"),
        ("夜笑", "night"),  # the input method's slip
        ("lawyre", "legal"),
        ("haircut", "cut"),  # another language
        ("律师", "legal"),
        ("剪头发", "cut"),  # another word
        ("ＬＡＷＹＥＲ", "legal"),  # another width
    ],
)
def test_other_spellings_lead_there(fair: Index, text: str, key: str) -> None:
    assert key in found(fair, text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("lifa", "理发"), ("夜笑", "夜校"), ("lawyre", "lawyer"), ("理发", None)],
)
def test_the_page_says_how_it_understood(
    fair: Index, text: str, meant: str | None
) -> None:
    assert fair.search(Query(text)).did_you_mean == meant


@pytest.mark.parametrize(
    ("text", "key", "kind", "typed"),
    [
        ("剃头", "cut-tw", "synonym", "剃头"),
        ("lifa", "cut", "pinyin", "lifa"),
        ("ddc", "bike", "initials", "ddc"),
        ("理法", "cut", "sound", "理法"),
        ("lawyre", "legal", "slip", "lawyre"),
        ("lawy", "legal", "beginning", "lawy"),
        ("coffee", "night", "translation", "coffee"),
    ],
)
def test_a_surprising_hit_says_why_it_is_there(
    index: Index, text: str, key: str, kind: str, typed: str
) -> None:
    index.apply(
        [
            doc("cut", "公益理发日"),
            doc("cut-tw", "上門義剪", lang="zh-Hant"),
            doc("bike", "电动车安全检查"),
            doc("legal", "Thursday questions to a lawyer", lang="en"),
            doc("night", "手冲咖啡入门"),
        ]
    )
    (hit,) = [hit for hit in index.search(Query(text)).hits if hit.id == key]

    assert (kind, typed) in {(r.kind, r.typed) for r in hit.reasons}


def test_what_was_typed_needs_no_reason(fair: Index) -> None:
    hit = fair.search(Query("理发")).hits[0]

    assert (hit.id, hit.reasons) == ("cut", ())


def test_a_word_inside_a_longer_one_says_less(index: Index) -> None:
    index.apply([doc("stone", "双面磨刀石"), doc("service", "社区磨刀")])

    assert found(index, "磨刀") == ["service", "stone"]


def test_no_word_of_the_dictionary_may_still_be_a_slip(index: Index) -> None:
    """剪指 stands inside 剪指甲, and was still meant to be 剪纸."""
    index.apply([doc("paper", "剪纸课"), doc("nails", "老人剪指甲")])

    assert "paper" in found(index, "剪指")


def test_the_word_itself_comes_before_its_synonyms(index: Index) -> None:
    index.apply([doc("other", "上门剪发"), doc("same", "上门理发")])

    assert found(index, "理发") == ["same", "other"]


def test_neighbouring_characters_are_not_a_word(index: Index) -> None:
    """整理发票 holds the characters 理发 side by side, and is no haircut."""
    index.apply([doc("trap", "帮忙整理发票"), doc("real", "周末理发")])

    assert found(index, "理发")[0] == "real"


def test_nothing_found_is_an_empty_page(fair: Index) -> None:
    page = fair.search(Query("核聚变反应堆", facets=("kind",)))

    assert (page.total, page.hits, page.facets) == (0, (), {"kind": {}})


def test_an_empty_question_shows_everything(fair: Index) -> None:
    assert fair.search(Query("")).total == 12
    assert fair.search(Query("   ")).total == 12


def test_other_titles_and_tags_are_searched_but_not_shown(index: Index) -> None:
    index.apply(
        [doc("a", "公益理发日", other_titles=("Free haircuts",), words=("阿宽",))]
    )

    hit = index.search(Query("阿宽")).hits[0]

    assert found(index, "haircuts") == ["a"]
    assert "阿宽" not in "".join(text for text, _ in hit.title_marked + hit.snippet)


def test_suggestions_complete_words_pinyin_and_initials(fair: Index) -> None:
    for prefix in ("理", "lif", "lf"):
        assert "理发" in [s.text for s in fair.suggest(prefix)], prefix
    assert "公益理发日" in [s.text for s in fair.suggest("理发")]
    assert fair.suggest("") == ()


def test_suggested_words_come_in_the_readers_script(fair: Index) -> None:
    assert "輪椅" in [s.text for s in fair.suggest("轮", lang="zh-Hant")]


def test_a_page_holds_what_it_was_asked_for(index: Index) -> None:
    index.apply([doc(f"d{n}", "周末理发") for n in range(25)])

    pages = [found(index, "理发", limit=10, offset=at) for at in (0, 10, 20)]

    assert [len(page) for page in pages] == [10, 10, 5]
    assert len({key for page in pages for key in page}) == 25


@pytest.mark.parametrize(
    "bad",
    [
        Query(facets=("colour",)),
        Query(sort="cheapest"),  # type: ignore[arg-type]
        Query(limit=-1),
        Query(offset=-1),
        Query(limit=100_000),
    ],
)
def test_an_impossible_question_is_refused(index: Index, bad: Query) -> None:
    with pytest.raises(ValueError, match=r"unknown|limit"):
        index.search(bad)
