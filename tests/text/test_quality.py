"""Texts that can't be judged are refused; doubtful ones carry a finding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhkd import limits
from mhkd.errors import InputError
from mhkd.text.quality import check_text, judge_text

# Any code point, lone surrogates and NUL among them.
_ANY_TEXT = st.text(st.characters(exclude_categories=()))

_ENGLISH = (
    "I don't really know where to start. Work has been heavy and I sleep badly.",
    "idk anymore lol. my roommate moved out n now its just me and the cat i guess",
    "cant focus on anything today, tried to clean the kitchen, gave up after ten mins",
    "Went for a walk. Saw the sea. Felt a bit lighter for once. Small wins, right?",
    "u ever feel like ur just watching ur own life from the back row? same tbh",
    "TITLE: new meds week two UPDATE: slept six hours!!! first time since march",
    "Does anyone else find that the mornings are the hardest part of the day?",
    "ngl therapy kinda helped today. didnt expect that. gonna go again next week",
    "Nobody at school talks to me and when I say something they look away.",
    "My grandmother, María José, made crème brûlée and we watched the snow over Zürich.",
    "thanks everyone, really. 🙏🙏 you have no idea what your messages meant 💛",
)
_FOREIGN = {
    "French": "Je ne sais plus quoi faire, je me sens seul et mes amis ne répondent pas.",
    "German": "Ich weiß nicht mehr, was ich tun soll, und meine Freunde antworten mir nicht.",
    "Spanish": "No sé qué hacer, me siento solo y mis amigos no me contestan desde ayer.",
    "Italian": "Non so più cosa fare, mi sento solo e i miei amici non mi rispondono mai.",
    "Portuguese": "Não sei o que fazer, sinto que meus amigos já não querem falar comigo.",
    "Dutch": "Ik weet niet meer wat ik moet doen en mijn vrienden geven geen antwoord.",
    "Swedish": "Jag vet inte vad jag ska göra längre och mina vänner svarar aldrig på det.",
    "Polish": "Nie wiem już co mam robić, czuję się bardzo sam i nikt do mnie nie dzwoni.",
    "Turkish": "Artık ne yapacağımı bilmiyorum, çok yalnız hissediyorum ve kimse aramıyor.",
    "Russian": "Я больше не знаю, что делать, и мои друзья мне не отвечают.",
    "Chinese": "我不知道该怎么办，朋友们都不回我的消息，我觉得很孤单。",
    "Arabic": "لا أعرف ماذا أفعل وأصدقائي لا يردون على رسائلي.",
}


def _codes(text: str) -> list[str]:
    return [finding.code for finding in judge_text(text)]


@pytest.mark.parametrize("text", _ENGLISH)
def test_english_posts_pass(text: str) -> None:
    check_text(text)
    assert set(_codes(text)) <= {"short"}


@pytest.mark.parametrize("language", _FOREIGN)
def test_other_languages_are_found(language: str) -> None:
    check_text(_FOREIGN[language])
    assert _codes(_FOREIGN[language]) == ["not_english"]


def test_a_quote_in_another_language_does_not_decide() -> None:
    assert _codes(f"{_ENGLISH[0]} As they say: c'est la vie, mon ami. {_ENGLISH[3]}") == []


@pytest.mark.parametrize("text", ["Old Trafford", "Taylor Swift", "lonely", "tired. so tired."])
def test_short_english_is_only_short(text: str) -> None:
    assert _codes(text) == ["too_few_words"]


def test_five_words_are_enough() -> None:
    assert _codes("nobody called me back today") == ["short"]
    assert _codes("nobody called me back") == ["too_few_words"]


def test_repetition_is_told_and_then_forbids_an_answer() -> None:
    once = "I walk in the evening and my sister calls me after work, which helps a little more"
    assert _codes(once) == []
    twice = judge_text(f"{once}. {once}.")
    assert [(f.code, f.effect) for f in twice] == [("repetitive", "told")]
    assert "47%" in twice[0].message or "48%" in twice[0].message
    often = judge_text(f"{once}. " * 5)
    assert [(f.code, f.effect) for f in often] == [("repetitive", "abstains")]
    assert _codes("so tired " * 9) == []  # 18 words: too few to tell


@pytest.mark.parametrize(
    ("text", "effect"),
    [("no words here", "abstains"), ("je ne sais pas pourquoi je suis si triste", "abstains")],
)
def test_below_the_stated_quality_no_answer_is_given(text: str, effect: str) -> None:
    assert [finding.effect for finding in judge_text(text)] == [effect]


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t ", "\x00\x01", "a", "ok", "12345", "🙂🙂🙂", "!?…"]
)
def test_texts_without_words_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        check_text(text)


def test_a_long_text_is_refused_with_both_numbers() -> None:
    check_text("a" * limits.MAX_CHARS)
    with pytest.raises(InputError, match=r"25,001.*25,000.*nothing is lost"):
        check_text("a" * (limits.MAX_CHARS + 1))


def test_messages_never_quote_the_post() -> None:
    for text in ("zq", "zanzibar quokka"):
        try:
            check_text(text)
            messages = [finding.message for finding in judge_text(text)]
        except InputError as refusal:
            messages = [refusal.public_message]
        assert messages
        assert not any(word in message for message in messages for word in text.split())


@given(_ANY_TEXT)
def test_any_text_is_judged_or_refused(text: str) -> None:
    try:
        check_text(text)
    except InputError as refusal:
        assert refusal.public_message
    assert {finding.code for finding in judge_text(text)} <= {
        *("not_english", "too_few_words"),
        *("short", "repetitive"),
    }
