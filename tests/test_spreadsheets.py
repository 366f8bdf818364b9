"""Staff's spreadsheets: what goes out comes in again, and nothing in them is a formula."""

import asyncio
import csv
from datetime import date
from pathlib import Path

import openpyxl
import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot import app
from bot.commands.entries import COLUMNS
from bot.commands.office import community_of
from bot.commands.spreadsheets import export_entries, import_entries, import_places
from bot.community.communities import everyone
from bot.community.places import Place
from bot.community.questions import Entry, EntryState
from bot.community.transaction import CommunityTransaction
from bot.errors import RuleError
from bot.settings import Settings
from bot.storage.transaction import Transaction

ENDINGS = ("xlsx", "csv", "jsonl")

NASTY = "=+-@'|;；\t\n\r\x00\x0b\u2028,\"<_x0041_ 号楼电梯"

TEXTS = st.text(st.sampled_from(NASTY) | st.characters(codec="utf-8"), max_size=30)

ENTRIES = st.lists(
    st.builds(
        Entry,
        code=st.from_regex(r"[=+@a-z0-9-]{1,8}", fullmatch=True),
        question=TEXTS.map(lambda text: "问" + text),
        answer=TEXTS.map(lambda text: text + "答"),
        alternates=st.lists(TEXTS, max_size=3).map(tuple),
        category=TEXTS,
        state=st.sampled_from(EntryState),
        source=TEXTS,
        review_on=st.none() | st.dates(),
        valid_from=st.none() | st.dates(),
        valid_until=st.none() | st.dates(),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda entry: entry.code,
)


@pytest.fixture
def office(tmp_path: Path) -> Settings:
    """An install of its own, of one community."""
    return Settings(data=tmp_path / "data", community_name="幸福社区")


async def stored(office: Settings) -> list[Entry]:
    """What the FAQ says."""
    async with app.opened(office) as database, database.read() as tx:
        [community] = await everyone(tx, office.zone)
        return await CommunityTransaction(tx, community).questions.entries()


async def saved(office: Settings, entries: list[Entry]) -> None:
    """Make the FAQ say so, by no spreadsheet."""

    async def unit(tx: Transaction) -> int:
        [community] = await everyone(tx, office.zone)
        return await CommunityTransaction(tx, community).questions.save(entries)

    async with app.opened(office) as database:
        await database.write(unit)


async def places(office: Settings) -> list[Place]:
    """Every place."""
    async with community_of(office, "") as (database, community), database.read() as tx:
        return await CommunityTransaction(tx, community).places.all()


def sheet(path: Path, *lines: tuple[str | int | date | None, ...]) -> Path:
    """A spreadsheet with these rows, the header first."""
    book = openpyxl.Workbook()
    assert book.active
    for line in lines:
        book.active.append(line)
    book.save(path)
    return path


@pytest.mark.parametrize("ending", ENDINGS)
async def test_what_goes_out_comes_in_unchanged(
    office: Settings, tmp_path: Path, ending: str
) -> None:
    """The whole starter FAQ, there and back: not one entry is changed."""
    file = tmp_path / f"faq.{ending}"
    total = await export_entries(office, "", file)

    assert total == len(await stored(office)) > 200
    assert await import_entries(office, "", file) == (0, total)


@pytest.mark.parametrize("ending", ENDINGS)
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(entries=ENTRIES)
def test_any_contents_come_back(
    office: Settings, tmp_path: Path, ending: str, entries: list[Entry]
) -> None:
    """Whatever was imported once is written and read again without a change."""
    names = list(COLUMNS.values())[1:]
    rows = [
        {"id": entry.code, **{name: getattr(entry, name) for name in names}} for entry in entries
    ]
    first, second = tmp_path / "first.jsonl", tmp_path / f"second.{ending}"
    first.write_bytes(b"\n".join(map(orjson.dumps, rows)))

    async def there_and_back() -> tuple[int, int]:
        await import_entries(office, "", first)
        await export_entries(office, "", second)
        return await import_entries(office, "", second)

    assert asyncio.run(there_and_back())[0] == 0


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "＝", "'="])
async def test_no_cell_is_a_formula(office: Settings, tmp_path: Path, start: str) -> None:
    """What a resident made staff type is text in Excel, in both kinds of file."""
    attack = start + "HYPERLINK(1)"
    await saved(office, [Entry("x", attack, attack, (attack,), attack)])
    await export_entries(office, "", tmp_path / "faq.xlsx")
    await export_entries(office, "", tmp_path / "faq.csv")

    book = openpyxl.load_workbook(tmp_path / "faq.xlsx")
    kinds = {cell.data_type for row in book.worksheets[0] for cell in row if cell.value}
    with (tmp_path / "faq.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert kinds == {"s"}
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "＝"))]
    assert (await import_entries(office, "", tmp_path / "faq.csv"))[0] == (start == "\t=")


async def test_a_committee_can_read_the_sheet(office: Settings, tmp_path: Path) -> None:
    """Chinese headers that stay in sight; other question forms one a line; a mark for Excel."""
    await saved(office, [Entry("x", "问", "答", ("甲", "乙"), "办事", EntryState.DRAFT)])
    await export_entries(office, "", tmp_path / "faq.xlsx")
    await export_entries(office, "", tmp_path / "faq.csv")

    page = openpyxl.load_workbook(tmp_path / "faq.xlsx").worksheets[0]
    table = list(page.iter_rows(values_only=True))
    assert table[0] == tuple(COLUMNS)
    assert table[-1][:7] == ("x", "问", "甲\n乙", "答", "办事", None, "草稿")
    assert page.freeze_panes == "A2"
    assert (tmp_path / "faq.csv").read_bytes().startswith(b"\xef\xbb\xbf")


async def test_staff_write_as_they_are_used_to(office: Settings, tmp_path: Path) -> None:
    """Dates in three forms, marks between the forms of one line, a number for an id."""
    file = sheet(
        tmp_path / "faq.xlsx",
        ("编号", "问题", "其他问法", "答案", "状态", "有效期起", "有效期止", "复核日期"),
        (7, "问", "甲；乙|丙", "答", "仅工作人员", "2026/9/1", date(2026, 12, 3), "2027年1月2日"),
    )
    await import_entries(office, "", file)

    assert (await stored(office))[-1] == Entry(
        "7",
        "问",
        "答",
        ("甲", "乙", "丙"),
        state=EntryState.STAFF,
        valid_from=date(2026, 9, 1),
        valid_until=date(2026, 12, 3),
        review_on=date(2027, 1, 2),
    )


async def test_columns_that_are_missing_change_nothing(office: Settings, tmp_path: Path) -> None:
    """A sheet with two columns keeps the answers."""
    before = (await stored(office))[0]
    await import_entries(
        office, "", sheet(tmp_path / "a.xlsx", ("编号", "问题"), (before.code, "换了"))
    )
    after = (await stored(office))[0]

    assert after.question == "换了"
    assert (after.answer, after.review_on) == (before.answer, before.review_on)


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        (("", "问", "答", ""), "第3行缺编号"),
        (("n1", "问", "答", ""), "第3行：编号 n1 在第2行"),
        (("n2", "问", "", ""), "n2：问题和答案都要写"),
        (("n2", "问", "答", "明年"), "第3行，有效期止：看不懂“明年”"),
        (("n2", "问", "答", "2026-02-30"), "第3行，有效期止：看不懂“2026-02-30”"),
        (("n2", "问" * 201, "答", ""), "n2：问题最多200字"),
    ],
)
async def test_a_bad_row_is_named_and_nothing_changes(
    office: Settings, tmp_path: Path, cells: tuple[str, ...], fault: str
) -> None:
    """All or nothing; the person who made the sheet knows where to look."""
    before = await stored(office)
    file = sheet(
        tmp_path / "a.xlsx", ("编号", "问题", "答案", "有效期止"), ("n1", "问", "答", ""), cells
    )
    with pytest.raises(RuleError, match=fault):
        await import_entries(office, "", file)

    assert await stored(office) == before


async def test_a_table_without_its_columns_is_refused(office: Settings, tmp_path: Path) -> None:
    """By name, whether or not there are rows below."""
    file = sheet(tmp_path / "a.xlsx", ("题目", "答案"))
    with pytest.raises(RuleError, match="缺这几列：编号、问题。"):
        await import_entries(office, "", file)
    with pytest.raises(RuleError, match="缺这几列：名称、类别。"):
        await import_places(office, "", file)


@pytest.mark.parametrize("name", ["a.txt", "no_such_folder/a.xlsx"])
async def test_what_cannot_be_written_is_said(office: Settings, tmp_path: Path, name: str) -> None:
    """Another ending, a folder that is not there."""
    with pytest.raises(RuleError, match=name):
        await export_entries(office, "", tmp_path / name)

    assert not (tmp_path / name).exists()


HEADER = ("名称", "类别", "上级", "别名")


async def test_places_come_in_any_order_and_once(office: Settings, tmp_path: Path) -> None:
    """Children before their parents; the second import adds nothing."""
    file = sheet(
        tmp_path / "places.xlsx",
        HEADER,
        ("1单元", "单元", "3号楼", ""),
        ("2单元", "单元", "3号楼", ""),
        ("3号楼", "楼栋", "东区", "三号楼、红楼"),
        ("东区", "小区", "", ""),
        ("地下车库", "公共部位", "幸福社区", "车库"),
    )
    added = await import_places(office, "", file), await import_places(office, "", file)

    async with community_of(office, "") as (database, community), database.read() as tx:
        names = await CommunityTransaction(tx, community).places.names()
    assert added == (5, 0)
    assert {"3号楼1单元", "红楼", "东区", "车库"} <= set(names)


async def test_buildings_of_one_name_are_told_apart(office: Settings, tmp_path: Path) -> None:
    """Two estates have a 1号楼 each: its units name the estate too."""
    rows = [
        ("东区", "小区", "", ""),
        ("西区", "小区", "", ""),
        ("1号楼", "楼栋", "东区", ""),
        ("1号楼", "楼栋", "西区", ""),
    ]
    await import_places(office, "", sheet(tmp_path / "a.xlsx", HEADER, *rows))
    later = sheet(tmp_path / "b.xlsx", HEADER, ("1单元", "单元", "西区1号楼", ""))
    unclear = sheet(tmp_path / "c.xlsx", HEADER, ("2单元", "单元", "1号楼", ""))
    assert await import_places(office, "", later) == 1
    with pytest.raises(RuleError, match="第2行：有2个“1号楼”"):
        await import_places(office, "", unclear)

    by_id = {place.id: place.name for place in await places(office)}
    unit = (await places(office))[-1]
    assert [by_id[id] for id in unit.lineage] == ["幸福社区", "西区", "1号楼", "1单元"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (("2单元", "单元", "9号楼", ""), "第3行：没有叫“9号楼”的上级"),
        (("", "单元", "3号楼", ""), "第3行缺名称"),
        (("8号楼", "大厦", "", ""), "第3行：类别要写小区、楼栋"),
        (("3号楼", "楼栋", "", ""), "第3行和第2行是同一个地方"),
        (("8号楼", "楼栋", "8号楼", ""), "第3行：没有叫“8号楼”"),
    ],
)
async def test_a_bad_place_is_named_and_none_is_added(
    office: Settings, tmp_path: Path, row: tuple[str, ...], fault: str
) -> None:
    """All or nothing."""
    file = sheet(tmp_path / "a.xlsx", HEADER, ("3号楼", "楼栋", "", ""), row)
    with pytest.raises(RuleError, match=fault):
        await import_places(office, "", file)

    assert len(await places(office)) == 1


async def test_places_that_lie_in_each_other_are_refused(office: Settings, tmp_path: Path) -> None:
    """A circle has no beginning."""
    rows = [("甲楼", "楼栋", "乙区", ""), ("乙区", "小区", "甲楼", "")]
    with pytest.raises(RuleError, match="绕成了圈"):
        await import_places(office, "", sheet(tmp_path / "a.xlsx", HEADER, *rows))

    assert len(await places(office)) == 1
