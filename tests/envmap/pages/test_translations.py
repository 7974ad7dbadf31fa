"""Both languages are complete, and what would break that is found."""

from django.conf import settings
from django.core.management import call_command

from envmap.pages.management.commands import check_translations as checks


def test_every_message_is_there_in_chinese_and_english(capsys):
    call_command("check_translations")
    assert "messages are there" in capsys.readouterr().out


PO = """
msgid ""
msgstr "Language: zh_Hans"

msgid "done"
msgstr "完成"

msgid "empty"
msgstr ""

#, fuzzy
msgid "guessed"
msgstr "猜的"

msgctxt "verb"
msgid "long "
"sentence"
msgstr "长句"

msgid "%(n)s thing"
msgid_plural "%(n)s things"
msgstr[0] "%(n)s 个"
"""


def test_what_is_missing_empty_or_guessed_is_named(tmp_path):
    path = tmp_path / "django.po"
    path.write_text(PO, encoding="utf-8")
    wanted = {
        ("", "done"),
        ("", "empty"),
        ("", "guessed"),
        ("verb", "long sentence"),
        ("", "%(n)s thing"),
        ("", "absent"),
    }
    faults = list(checks.catalogue_faults("zh_Hans", path, wanted))
    assert faults == [
        "zh_Hans: 'absent' is missing.", "zh_Hans: 'empty' is not translated.", "zh_Hans: 'guessed' is only guessed (fuzzy).",
    ]  # fmt: skip


def test_a_placeholder_that_the_translation_lost_is_a_fault(tmp_path):
    path = tmp_path / "django.po"
    path.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n#, python-format\nmsgid "%(n)s left"\n'
                    'msgstr "剩余"\n', encoding="utf-8")  # fmt: skip
    assert list(checks.catalogue_faults("zh_Hans", path, {("", "%(n)s left")}))


def test_chinese_in_a_template_or_script_is_found_with_its_line(tmp_path):
    folder = tmp_path / "envmap" / "pages" / "templates"
    folder.mkdir(parents=True)
    (folder / "x.html").write_text("<p>fine</p>\n<p>工单</p>\n", encoding="utf-8")
    scripts = tmp_path / "static" / "js"
    scripts.mkdir(parents=True)
    (scripts / "x.js").write_text("// 注释\nconst word = '告警'\n", encoding="utf-8")
    assert list(checks.template_faults(tmp_path)) == [
        "envmap/pages/templates/x.html:2: '工单' stands outside the translations."
    ]
    assert len(list(checks.script_faults(tmp_path))) == 1


def test_the_sources_hold_sentences_of_every_room():
    found = {key[1] for key in checks.used(settings.ROOT)}
    assert {"Sign in first, or send a token.", "There is no such feature.", "duty unit", "Layer statistics"} <= found
