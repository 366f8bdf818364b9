"""`xiaolaba …`: what operators and staff do at the keyboard. All of it speaks Chinese."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import click
import orjson

from bot import app, logs
from bot.app import Role
from bot.errors import RuleError, SettingsError, StorageError
from bot.settings import Settings

T = TypeVar("T")


class Refusal(click.ClickException):
    """What could not be done, said in Chinese; exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it to standard error."""
        click.echo(f"出错了：{self.message}", file=file, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="xiaolaba", message="%(prog)s %(version)s")
def main() -> None:
    """小喇叭：住在居民聊天里的社区帮手。"""
    # A Windows console may speak GBK; files and pipes are UTF-8 everywhere.
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]


def settings() -> Settings:
    """The settings, or a sentence and exit code 2."""
    try:
        found = app.load_settings()
    except SettingsError as error:
        raise click.UsageError(f"设置有问题：\n{error}") from error
    logs.start(found.log_level)
    return found


def carry_out(work: Callable[[Settings], Awaitable[T]]) -> T:
    """Run the work; what goes wrong is a sentence, not a traceback."""
    found = settings()
    logging.getLogger().setLevel(max(logging.WARNING, logging.getLogger().level))
    with refusals():
        return asyncio.run(_awaited(work(found)))


@contextmanager
def refusals() -> Iterator[None]:
    """What goes wrong inside is a sentence, not a traceback."""
    try:
        yield
    except (RuleError, SettingsError) as error:
        raise Refusal(str(error)) from error
    except StorageError as error:
        raise Refusal("数据库打不开或写不进去。运行 xiaolaba doctor，它会说怎么办。") from error
    except OSError as error:
        what = error.filename or "网络或磁盘"
        raise Refusal(f"{what} 用不了（{error.strerror or error}）。") from error


async def _awaited(work: Awaitable[T]) -> T:
    return await work


@main.command()
@click.option("--demo", is_flag=True, help="带一个样板社区，随便试")
@click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in Role]),
    multiple=True,
    help="这个进程只做哪几样（可以写多个）；不写就全做",
)
def serve(demo: bool, roles: tuple[str, ...]) -> None:
    """开始服务。"""
    found = settings()
    chosen = {Role(role) for role in roles} or set(app.ALL)
    if chosen != app.ALL and not found.url.startswith("postgresql"):
        raise click.UsageError("分成几个进程要用 PostgreSQL；一个文件的数据库只能由一个进程服务。")
    with refusals():
        app.run(app.serve(found, chosen, demo=demo))


@main.command()
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="用 JSON 打印")
def ask(text: str, as_json: bool) -> None:
    """像居民一样问一句，打印回答。"""
    from bot.commands.terminal import ask_once  # noqa: PLC0415 - what only this command needs

    replies = carry_out(lambda found: ask_once(found, text))
    if as_json:
        click.echo(orjson.dumps({"text": text, "replies": replies}).decode())
    else:
        click.echo("\n\n".join(replies))


@main.command()
def chat() -> None:
    """在这个窗口里和小喇叭聊天，空行结束。"""
    from bot.commands.terminal import chat as talk  # noqa: PLC0415

    carry_out(talk)


@main.command()
@click.option(
    "--faq", "file", type=click.Path(exists=True, path_type=Path), help="用这个文件里的问答"
)
@click.option("--place-names", type=click.Path(exists=True, path_type=Path), help="地名，一行一个")
@click.option("--chat", "kind", type=click.Choice(["private", "group"]), default="private")
@click.option("--mentioned", is_flag=True, help="在群里被点了名")
def understand(file: Path | None, place_names: Path | None, kind: str, mentioned: bool) -> None:
    """读 JSONL（字段 q），每行打印怎么理解的。不碰数据库。"""
    from bot.commands.reading import understand_lines  # noqa: PLC0415

    with refusals():
        for line in understand_lines(sys.stdin, file, place_names, kind, mentioned=mentioned):
            click.echo(line)


@main.command()
@click.option("--now", help="从什么时候算起，如 2026-11-23T09:00:00+08:00")
def time(now: str | None) -> None:
    """读时间说法（一行一句，或 JSONL 的 text、now），打印是什么时候。"""
    from bot.commands.reading import time_lines  # noqa: PLC0415

    zone = settings().zone
    with refusals():
        for line in time_lines(sys.stdin, now, zone):
            click.echo(line)


@main.group()
def faq() -> None:
    """问答：导入、导出、检查、说明。"""


@faq.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--community", default="", help="哪个社区（代号）")
def faq_import(file: Path, community: str) -> None:
    """从表格导入问答。"""
    from bot.commands.spreadsheets import import_entries  # noqa: PLC0415

    changed, total = carry_out(lambda found: import_entries(found, community, file))
    click.echo(f"读了{total}条，改了{changed}条。")


@faq.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--community", default="", help="哪个社区（代号）")
def faq_export(file: Path, community: str) -> None:
    """把问答导出成表格。"""
    from bot.commands.spreadsheets import export_entries  # noqa: PLC0415

    total = carry_out(lambda found: export_entries(found, community, file))
    click.echo(f"写了{total}条到 {file}。")


@faq.command("explain")
@click.argument("text")
@click.option("--community", default="", help="哪个社区（代号）")
def faq_explain(text: str, community: str) -> None:
    """说明为什么这样答。"""
    from bot.commands.terminal import explain  # noqa: PLC0415

    for line in carry_out(lambda found: explain(found, community, text)):
        click.echo(line)


@faq.command("check")
@click.argument("file", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--questions",
    type=click.Path(exists=True, path_type=Path),
    help="不用大家问过的，用这个文件里标好的（JSONL：q、gold）",
)
@click.option("--community", default="", help="哪个社区（代号）")
def faq_check(file: Path | None, questions: Path | None, community: str) -> None:
    """把大家问过的再问一遍，看答得对不对；写上问答文件，就看导入以后哪些回答会变。"""
    from bot.commands.replay import check  # noqa: PLC0415

    checked = carry_out(lambda found: check(found, community, file, questions))
    for line in checked.lines:
        click.echo(line)
    if checked.worse:
        click.echo(f"有{checked.worse}句变差了。", err=True)
        raise SystemExit(1)


@main.command()
@click.argument("name", required=False, default="")
@click.argument("value", required=False, default="")
@click.option("--community", default="", help="哪个社区（代号）")
def fact(name: str, value: str, community: str) -> None:
    """答案里要用的本地电话、地址、时间，例如：xiaolaba fact 物业电话 0411-5550102。"""
    from bot.commands.office import fill_fact, list_facts  # noqa: PLC0415

    if not name:
        for line in carry_out(lambda found: list_facts(found, community)):
            click.echo(line)
        return
    count = carry_out(lambda found: fill_fact(found, community, name, value))
    click.echo(f"填好了：{name}，{count}条答案会用到。")


@main.group()
def staff() -> None:
    """工作人员。"""


@staff.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["lead", "staff", "volunteer"]),
    default="staff",
    help="lead 书记、主任；staff 社工；volunteer 楼长、志愿者",
)
@click.option("--place", default="", help="管哪里，如 3号楼；不写就是整个社区")
@click.option("--community", default="", help="哪个社区（代号）")
def staff_add(name: str, role: str, place: str, community: str) -> None:
    """登记一位工作人员。"""
    from bot.commands.office import add_member  # noqa: PLC0415

    carry_out(lambda found: add_member(found, community, name, role, place))
    click.echo(f"登记好了：{name}。让他绑定聊天：xiaolaba staff link {name}")


@staff.command("list")
@click.option("--community", default="", help="哪个社区（代号）")
def staff_list(community: str) -> None:
    """看有哪些工作人员。"""
    from bot.commands.office import list_members  # noqa: PLC0415

    for line in carry_out(lambda found: list_members(found, community)):
        click.echo(line)


@staff.command("link")
@click.argument("name")
@click.option("--community", default="", help="哪个社区（代号）")
def staff_link(name: str, community: str) -> None:
    """给工作人员一个绑定码，半小时内有效。"""
    from bot.commands.office import link_member  # noqa: PLC0415

    code = carry_out(lambda found: link_member(found, community, name))
    click.echo(f"请{name}在聊天里发：绑定 {code}（半小时内有效）")


@main.group()
def group() -> None:
    """聊天群。"""


@group.command("add")
@click.argument("platform")
@click.argument("chat")
@click.option("--name", required=True, help="群叫什么")
@click.option("--account", default="", help="哪个账号")
@click.option("--place", default="", help="是哪里的群，如 3号楼；不写就是整个社区")
@click.option("--community", default="", help="哪个社区（代号）")
def group_add(
    platform: str, chat: str, name: str, account: str, place: str, community: str
) -> None:
    """登记一个群，例如：xiaolaba group add onebot group:123456 --name 三号楼群 --place 3号楼"""
    from bot.commands.office import add_group  # noqa: PLC0415

    carry_out(lambda found: add_group(found, community, platform, account, chat, name, place))
    click.echo(f"登记好了：{name}。")


@group.command("list")
@click.option("--community", default="", help="哪个社区（代号）")
def group_list(community: str) -> None:
    """看有哪些群。"""
    from bot.commands.office import list_groups  # noqa: PLC0415

    for line in carry_out(lambda found: list_groups(found, community)):
        click.echo(line)


@main.group()
def place() -> None:
    """地方：小区、楼栋、单元。"""


@place.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--community", default="", help="哪个社区（代号）")
def place_import(file: Path, community: str) -> None:
    """从表格导入地方（列：名称、类别、上级、别名）。"""
    from bot.commands.spreadsheets import import_places  # noqa: PLC0415

    added = carry_out(lambda found: import_places(found, community, file))
    click.echo(f"加了{added}个地方。")


@place.command("list")
@click.option("--community", default="", help="哪个社区（代号）")
def place_list(community: str) -> None:
    """看有哪些地方，和每个地方二维码里的网址。"""
    from bot.commands.office import list_places  # noqa: PLC0415

    for line in carry_out(lambda found: list_places(found, community)):
        click.echo(line)


@place.command("qr")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--community", default="", help="哪个社区（代号）")
def place_qr(name: str, file: Path, community: str) -> None:
    """画一个地方的二维码（SVG 图），例如：xiaolaba place qr 3号楼 3号楼.svg。"""
    from bot.commands.office import draw_code  # noqa: PLC0415

    address = carry_out(lambda found: draw_code(found, community, name, file))
    click.echo(f"画好了：{file}，打开的是 {address}")


@main.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
def backup(file: Path | None) -> None:
    """备份：数据和照片存成一个文件。"""
    from bot.commands.office import back_up  # noqa: PLC0415

    target, rows = carry_out(lambda found: back_up(found, file))
    click.echo(f"备份好了：{target}，{rows}条记录。")


@main.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
def restore(file: Path) -> None:
    """从备份恢复到一个空的数据库。"""
    from bot.commands.office import bring_back  # noqa: PLC0415

    rows = carry_out(lambda found: bring_back(found, file))
    click.echo(f"恢复好了，{rows}条记录。")


@main.command()
def doctor() -> None:
    """检查设置、时间、磁盘、数据库、外面的网址，哪里不对、怎么办。"""
    from bot.commands.doctor import examine  # noqa: PLC0415

    findings = carry_out(examine)
    for finding in findings:
        click.echo(finding.line)
    if any(not finding.well for finding in findings):
        raise SystemExit(1)


@main.group()
def db() -> None:
    """数据库。"""


@db.command()
def upgrade() -> None:
    """把数据库升到新版本。"""
    from bot.commands.office import upgrade_database  # noqa: PLC0415

    click.echo(f"数据库是新的了：版本 {carry_out(upgrade_database)}。")
