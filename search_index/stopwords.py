"""Words that say nothing in a question; kept when a question has no others."""

_CHINESE = """
的 了 在 是 我 你 您 他 她 它 们 我们 你们 他们 咱们
和 与 或 及 就 都 也 还 很 又 把 被 给 让 请 吗 呢 吧 啊 呀 哦 嘛
谁 哪里 哪儿 哪 怎么 怎么办 怎样 如何 什么 为什么 多少 几
可以 可 能 能不能 会 想 要 想要 想找 找 有 有没有 没有 没 不
个 些 到 去 来 从 对 为 以后 以前 地方 问 一下 一个 一些
这 这个 那 那个 里 上 下 中 家里 人 时候 帮 帮忙 需要 服务 附近
谢谢 请问 您好 你好 师傅
"""

_ENGLISH = """
a an the i me my we our us you your he she it its they them
is am are was were be been do does did have has had
to of in on at for from by with and or not no
can could would should will
where what who whom which when how why while
someone somebody some any anyone that this these those there here near nearby about
help want wants need needs needed looking look find please get
"""

CHINESE = frozenset(_CHINESE.split())
ENGLISH = frozenset(_ENGLISH.split())
_NUMERALS = frozenset("一二三四五六七八九十百千万两几半每0123456789")


def is_telling(word: str) -> bool:
    """Whether a word is worth suggesting: no filler, no number, no single letter."""
    filler = word in CHINESE or word in ENGLISH
    return len(word) > 1 and not filler and word[0] not in _NUMERALS
