"""The commands, as an operator types them: real processes, an install of their own."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest

from bot.commands.reading import understand_lines
from bot.errors import RuleError
from tests.databases import PostgresServer

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-m", "bot"]


@dataclass
class Office:
    """A folder in which commands are run; its data folder is made by them."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """Where the data are."""
        return self.folder / "data"

    @property
    def environment(self) -> dict[str, str]:
        """What the commands see: nothing of the machine's own settings."""
        kept = {name: value for name, value in os.environ.items() if "XIAOLABA" not in name}
        ours = {"XIAOLABA_DATA": str(self.data), "XIAOLABA_PORT": "0", "PYTHONPATH": str(ROOT)}
        return {**kept, **ours, **self.variables}

    def file(self, name: str, text: str) -> str:
        """A file in the folder; its path."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return str(self.folder / name)

    def run(self, *words: str, given: str | bytes = "", code: int = 0) -> str:
        """What the command prints; standard error when it is to fail with that code."""
        done = subprocess.run(
            [*COMMAND, *words],
            input=given if isinstance(given, bytes) else given.encode(),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            check=False,
            timeout=100,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == code, f"{words}: {done.returncode}\n{out}\n{err}"
        assert "Traceback" not in err
        return err if code else out

    def objects(self, *words: str, given: str | bytes = "") -> list[dict[str, object]]:
        """The JSON lines that the command prints."""
        return [json.loads(line) for line in self.run(*words, given=given).splitlines()]

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Beside a service of this install; stopped politely at the end."""
        with subprocess.Popen(
            [*COMMAND, "serve"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as service:
            assert service.stdout
            assert service.stdout.readline().startswith("listening on http://")
            try:
                yield
            finally:
                service.terminate()
                assert service.wait(20) == 0


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An install that nobody has used yet."""
    return Office(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An install that several tests use, for what leaves the others alone."""
    return Office(tmp_path_factory.mktemp("office"))


def questions(*texts: str) -> str:
    """Lines for `understand`."""
    return "".join(json.dumps({"q": text}, ensure_ascii=False) + "\n" for text in texts)


def test_understand_answers_in_order_and_touches_no_database(office: Office) -> None:
    """One object a line, as the lines came; no data folder is made; blank lines are skipped."""
    texts = ["怎么报修", "3号楼电梯坏了", "火星上有水吗", "有人触电了"]
    found = office.objects("understand", given=questions(*texts).replace("\n", "\n\n", 1))

    assert [row["q"] for row in found] == texts
    assert [row["action"] for row in found][1::2] == ["report", "emergency"]
    assert set(found[0]) == {
        *("q", "action", "entry", "score", "candidates", "category", "place", "also")
    }
    assert not office.data.exists()


def test_a_bad_line_is_named(office: Office) -> None:
    """In Chinese; the exit code says it too."""
    said = office.run("understand", given=questions("你好") + "怎么报修", code=1)

    assert said == '出错了：这一行不对，要写成 {"q": "…"}：怎么报修\n'


@pytest.mark.parametrize("bad", ['{"p": "x"}', '{"q": 1}', "[1]", "null", '{"q": "\\ud800"}'])
def test_a_line_without_a_question_is_bad(bad: str) -> None:
    """Whatever else it is."""
    with pytest.raises(RuleError, match="这一行不对"):
        list(understand_lines([bad], None, None, "private", mentioned=False))


def test_bytes_that_are_no_text_do_no_harm(office: Office) -> None:
    """A pipe may bring anything."""
    [row] = office.objects("understand", given=b'{"q": "\xff\xfe\xe6\x80\x8e"}')

    assert row["action"] in {"refuse", "suggest"}


@pytest.mark.parametrize("ending", ["jsonl", "csv", "xlsx"])
def test_understand_takes_entries_of_a_file(office: Office, ending: str) -> None:
    """In each of the three kinds, instead of the stored ones."""
    file = office.folder / f"faq.{ending}"
    row = ["z9", "游泳池几点开门", "泳池开放时间|几点能游泳", "早上8点。", "场地"]
    if ending == "xlsx":
        book = openpyxl.Workbook()
        assert book.active
        book.active.append(["编号", "问题", "其他问法", "答案", "类别"])
        book.active.append(row)
        book.save(file)
    elif ending == "csv":
        text = "id,question,alternates,answer,category\n" + ",".join(row) + "\n"
        file.write_bytes(text.encode("gb18030"))
    else:
        names = ("id", "question", "alternates", "answer", "category")
        pairs = {**dict(zip(names, row, strict=True)), "alternates": row[2].split("|")}
        file.write_text(json.dumps(pairs, ensure_ascii=False), encoding="utf-8")
    found = office.objects(
        "understand", "--faq", str(file), given=questions("游泳池几点开门", "怎么报修")
    )

    assert (found[0]["action"], found[0]["entry"]) == ("answer", "z9")
    assert found[1]["entry"] is None


def test_understand_knows_places_and_chats(office: Office) -> None:
    """Names of places come from a file; in a group it is silent unless it is meant."""
    names = office.file("names.txt", "\ufeff望江楼\n东门\n")
    line = questions("望江楼的电梯坏了")
    chatter = questions("今天天气真好啊大家")

    assert office.objects("understand", "--place-names", names, given=line)[0]["place"] == "望江楼"
    group = ["understand", "--chat", "group"]
    assert office.objects(*group, given=chatter)[0]["action"] == "silent"
    assert office.objects(*group, "--mentioned", given=chatter)[0]["action"] != "silent"


def test_time_reads_lines_and_objects(office: Office) -> None:
    """Each counted from its own now, else from --now, shown in the configured zone."""
    given = '明天下午三点\n{"text": "后天", "now": "2026-01-01T00:00:00Z"}\n'
    first, second = office.objects("time", "--now", "2026-11-23T09:00:00+08:00", given=given)

    assert (first["start"], first["precision"]) == ("2026-11-24T15:00:00+08:00", "minute")
    assert str(second["start"]).startswith("2026-01-03T")
    assert "明天" in office.run("time", "--now", "明天", given="x", code=1)


def test_ask_without_a_service(shared: Office) -> None:
    """The command handles its message itself."""
    plain = shared.run("ask", "怎么报修")
    [reply] = json.loads(shared.run("ask", "--json", "怎么报修"))["replies"]

    assert plain.strip() == reply
    assert "几号楼" in reply


def test_beside_a_service(office: Office) -> None:
    """`ask` is answered by it; a second one, `restore` and `db upgrade` are refused."""
    with office.serving():
        assert "几号楼" in office.run("ask", "怎么报修")
        target = office.run("backup").removeprefix("备份好了：").split("，")[0]
        for words in (("serve",), ("restore", target), ("db", "upgrade")):
            said = office.run(*words, code=1)
            assert "正被另一个小喇叭使用" in said
            assert "XIAOLABA_DATA" in said
    assert "版本" in office.run("db", "upgrade")


def test_staff_groups_and_places(shared: Office) -> None:
    """Places from a sheet; people and groups at them; a code to link a chat."""
    sheet = shared.file(
        "places.csv", "名称,类别,上级,别名\n1单元,单元,3号楼,\n3号楼,楼栋,,三号楼\n"
    )
    assert shared.run("place", "import", sheet) == "加了2个地方。\n"
    assert shared.run("place", "import", sheet) == "加了0个地方。\n"
    listed = shared.run("place", "list").splitlines()
    assert [line.split("　")[-2] for line in listed] == ["本社区", "3号楼", "1单元"]
    assert all("/?place=" in line for line in listed)

    shared.run("staff", "add", "王姐", "--role", "lead")
    shared.run("staff", "add", "李叔", "--role", "volunteer", "--place", "三号楼")
    assert "王姐　书记、主任　本社区　还没绑定聊天" in shared.run("staff", "list")
    assert "李叔　志愿者　3号楼" in shared.run("staff", "list")
    assert "已经有“王姐”了" in shared.run("staff", "add", "王姐", code=1)
    assert "没有叫“9号楼”的地方" in shared.run("staff", "add", "x", "--place", "9号楼", code=1)
    code = shared.run("staff", "link", "王姐").split("绑定 ")[1][:8]
    assert code.isdecimal()
    assert "xiaolaba staff add 张三" in shared.run("staff", "link", "张三", code=1)

    add = ["group", "add", "onebot", "group:123", "--name", "三号楼群"]
    shared.run(*add, "--place", "3号楼")
    assert "三号楼群　3号楼　onebot" in shared.run("group", "list")
    assert "登记过了" in shared.run(*add, code=1)
    assert "没有“wechat”这种服务" in shared.run(
        "group", "add", "wechat", "1", "--name", "x", code=1
    )


def test_the_faq_in_and_out(shared: Office) -> None:
    """Exported, imported, explained and checked."""
    file = str(shared.folder / "faq.xlsx")
    total = int(shared.run("faq", "export", file).split("条")[0].removeprefix("写了"))
    assert shared.run("faq", "import", file) == f"读了{total}条，改了0条。\n"

    new = shared.file("new.csv", "编号,问题,答案\nz9,游泳池几点开门,早上8点。\n")
    assert shared.run("faq", "import", new) == "读了1条，改了1条。\n"
    assert shared.run("ask", "游泳池几点开门") == "早上8点。\n"
    assert "z9" in shared.run("faq", "explain", "游泳池几点开门").splitlines()[1]
    labelled = shared.file(
        "labelled.jsonl", questions("游泳池几点开门").replace("}", ', "gold": ["z8"]}')
    )
    first, last = shared.run("faq", "check", "--questions", labelled).splitlines()
    assert first.startswith("游泳池几点开门：z9（")
    assert first.endswith("），应当是z8")
    assert last == "1句：答对0句，给出来选0句，没答0句，答错1句。"
    broken = shared.file("broken.jsonl", '{"q": "x"}')
    assert "第1行要有 q 和 gold" in shared.run("faq", "check", "--questions", broken, code=1)


def test_an_edit_is_tried_before_it_goes_live(office: Office) -> None:
    """What was asked is asked again: what changes is shown, and what gets worse is an error."""
    pool = office.file("pool.csv", "编号,问题,答案\nz9,游泳池几点开门,早上8点。\n")
    office.run("faq", "import", pool)
    assert office.run("ask", "游泳池几点开门") == "早上8点。\n"
    assert office.run("faq", "check") == "1句：答对1句，给出来选0句，没答0句，答错0句。\n"

    later = office.file("later.csv", "编号,问题,答案\nz9,游泳池几点开门,早上9点。\n")
    assert office.run("faq", "check", later).splitlines() == [
        "游泳池几点开门：z9，答案改了",
        "1句：答对1句，给出来选0句，没答0句，答错0句。",
    ]
    closed = office.file("closed.csv", "编号,问题,答案,状态\nz9,游泳池几点开门,早上8点。,草稿\n")
    assert "有1句变差了" in office.run("faq", "check", closed, code=1)
    assert office.run("ask", "游泳池几点开门") == "早上8点。\n"


def test_a_local_fact(office: Office) -> None:
    """Listed, filled in, and kept when the service starts again; nonsense is refused."""
    assert "供电电话　还空着（" in office.run("fact")
    assert office.run("fact", "供电电话", "0411-5550106").startswith("填好了：供电电话，")
    assert "供电电话　0411-5550106（" in office.run("fact")
    assert office.run("ask", "停电了找谁").endswith("供电电话：0411-5550106\n")
    assert "没有答案用到" in office.run("fact", "飞机电话", "123", code=1)
    assert "没有号码" in office.run("fact", "供水电话", "找小李", code=1)


def tables(archive: str | Path) -> dict[str, bytes]:
    """Every row and every file of a backup."""
    with zipfile.ZipFile(archive) as opened:
        names = [name for name in opened.namelist() if name != "about.json"]
        return {name: opened.read(name) for name in names}


def test_a_backup_moves_between_databases(tmp_path: Path, postgres_server: PostgresServer) -> None:
    """SQLite to PostgreSQL and back again: the same rows, the same media."""
    offices = [Office(tmp_path / name) for name in ("one", "two", "three")]
    first, second, third = offices
    for one in offices:
        one.folder.mkdir()
    first.run("ask", "3号楼电梯坏了")
    first.run("staff", "add", "王姐")
    photo = first.data / "media" / "ab" / "abc.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(bytes(range(256)))
    first.run("backup", str(tmp_path / "one.zip"))

    with postgres_server.database() as url:
        second.variables["XIAOLABA_DATABASE_URL"] = url.replace(
            "postgresql:", "postgresql+asyncpg:"
        )
        second.run("restore", str(tmp_path / "one.zip"))
        second.run("backup", str(tmp_path / "two.zip"))
        # Counters go on where the rows end.
        assert "登记好了" in second.run("staff", "add", "李叔")
        assert "已经有数据了" in second.run("restore", str(tmp_path / "one.zip"), code=1)
    third.run("restore", str(tmp_path / "two.zip"))
    third.run("backup", str(tmp_path / "three.zip"))

    saved = tables(tmp_path / "one.zip")
    assert saved["media/ab/abc.jpg"] == photo.read_bytes()
    assert b"\xe7\x8e\x8b\xe5\xa7\x90" in saved["tables/person.jsonl"]
    assert tables(tmp_path / "two.zip") == saved
    assert tables(tmp_path / "three.zip") == saved
    assert (third.data / "media" / "ab" / "abc.jpg").read_bytes() == photo.read_bytes()


def test_what_is_no_backup_is_refused(office: Office) -> None:
    """A text; a ZIP of something else; one that ends too early."""
    text = office.file("text.zip", "x")
    foreign = office.folder / "foreign.zip"
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("about.json", "{}")
    assert "不是备份文件" in office.run("restore", text, code=1)
    assert "别的版本" in office.run("restore", str(foreign), code=1)

    office.run("backup", str(office.folder / "a" / "whole.zip"))
    whole = (office.folder / "a" / "whole.zip").read_bytes()
    (office.folder / "half.zip").write_bytes(whole[: len(whole) // 2])
    assert "不是备份文件" in office.run("restore", str(office.folder / "half.zip"), code=1)
    assert [file.name for file in (office.folder / "a").iterdir()] == ["whole.zip"]


def test_trouble_is_a_sentence(office: Office) -> None:
    """A setting, a folder, a database: each said in Chinese, without a traceback."""
    office.file("data", "this is a file")
    assert "data 用不了" in office.run("staff", "list", code=1)
    assert "data 用不了" in office.run("serve", code=1)

    office.variables["XIAOLABA_DATA"] = str(office.folder / "elsewhere")
    assert "请用 --community" in office.run("staff", "list", "--community", "east", code=1)
    office.variables["XIAOLABA_DATABASE_URL"] = "postgresql+asyncpg://laba:hunter2@127.0.0.1:1/x"
    said = office.run("staff", "list", code=1)
    assert "xiaolaba doctor" in said
    assert "hunter2" not in said
    office.variables["XIAOLABA_PORT"] = "many"
    assert "XIAOLABA_PORT" in office.run("staff", "list", code=2)
