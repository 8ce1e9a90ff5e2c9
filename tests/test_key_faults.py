"""A fault is a sentence: where it is, what is wrong, which key was meant."""

from small_config import SMALL, changed, faults_of


def test_an_unknown_key_is_refused_with_the_nearest_known_one():
    assert faults_of(changed(wieght=2)) == (
        "config: factors.asb.wieght: unknown key; did you mean weight?",
    )


def test_a_key_of_a_source_is_found_without_the_tag_of_its_kind():
    config = changed()
    config["sources"]["asb"]["pth"] = "x"
    assert faults_of(config) == ("config: sources.asb.pth: unknown key; did you mean path?",)


def test_a_long_value_is_cut_in_the_sentence_about_it():
    (fault,) = faults_of({**SMALL, "seed": "x" * 5000})
    assert len(fault) < 400
