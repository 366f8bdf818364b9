"""`xiaolaba doctor`: what is well, what is not, and what to do. It looks and changes nothing."""

import io
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pillow_heif
from PIL import Image

from bot.community.communities import everyone
from bot.community.transaction import CommunityTransaction
from bot.errors import SettingsError, StorageError
from bot.platforms import discover
from bot.settings import PREFIX, Settings
from bot.storage import checkup, engine
from bot.storage.database import open_database
from bot.storage.memory import SharedMemory

FIRST_YEAR = 2026
"""A clock before it has lost its battery."""

MOST_APART = timedelta(seconds=5)
"""Of our clock and the database's."""

LEAST_DISK = 1024**3
"""Bytes."""

OLDEST_BACKUP = timedelta(days=2)

PATIENCE = aiohttp.ClientTimeout(total=5)
"""For each address that is called."""

ALIVE = {"status": "ok"}
"""What our own /healthz says."""

REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "vboxsf"}
"""File systems on which SQLite may lose data.
https://www.sqlite.org/faq.html#q5 (read 2026-11-22)"""

MOUNTS = Path("/proc/self/mounts")

NAMED = 3
"""So many entries are named; of more only the number is said."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for the operator; `well` is False where something is to be done."""

    well: bool
    line: str


async def examine(settings: Settings) -> list[Finding]:
    """Everything there is to say, in the order in which it is best put right."""
    async with aiohttp.ClientSession(timeout=PATIENCE) as http:
        return [
            _clock(settings),
            *_folder(settings),
            *_photos(),
            *await _database(settings),
            await _port(settings, http),
            *await _public_url(settings, http),
            *await _platforms(settings, http),
            *await _communities(settings),
            _backup(settings),
        ]


def _good(line: str) -> Finding:
    return Finding(well=True, line=f"好：{line}")


def _bad(what: str, cure: str) -> Finding:
    return Finding(well=False, line=f"要处理：{what}——{cure}")


def _clock(settings: Settings) -> Finding:
    now = datetime.now(settings.zone)
    shown = f"{now:%Y-%m-%d %H:%M}，时区 {settings.timezone}"
    if now.year < FIRST_YEAR:
        return _bad(f"这台电脑的时间是 {shown}，不对", "把系统时间调准，打开自动对时")
    return _good(f"设置读得懂；现在是 {shown}")


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data.absolute()
    if not folder.is_dir():
        what = "不是文件夹" if folder.exists() else "还没有"
        cure = f"用 {PREFIX}DATA 填一个文件夹，再运行 xiaolaba db upgrade"
        yield _bad(f"数据文件夹 {folder} {what}", cure)
        return
    try:
        with tempfile.TemporaryFile(dir=folder):
            yield _good(f"数据文件夹 {folder} 能写")
    except OSError:
        yield _bad(f"数据文件夹 {folder} 写不进去", "让运行小喇叭的账户能写这个文件夹")
    free = shutil.disk_usage(folder).free
    shown = f"{free / LEAST_DISK:.1f} GB"
    if free < LEAST_DISK:
        yield _bad(f"磁盘只剩 {shown}", "删掉不用的文件，至少留 1 GB")
    else:
        yield _good(f"磁盘还有 {shown}")
    if not engine.is_postgresql(settings.url) and (kind := file_system(folder)) in REMOTE:
        cure = f"把数据文件夹放到本机的硬盘上（{PREFIX}DATA），或者改用 PostgreSQL"
        yield _bad(f"数据文件夹在网络盘上（{kind}），数据库可能损坏", cure)


def file_system(folder: Path, mounts: Path = MOUNTS) -> str:
    """The kind of file system that holds the folder; "" where it cannot be seen."""
    if str(folder).startswith("\\\\"):
        return "smbfs"
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ""
    over = [
        (len(Path(point).parts), number, kind)
        for number, (_, point, kind, *_) in enumerate(lines)
        # The table writes a space as \040.
        if folder.resolve().is_relative_to(point.replace("\\040", " "))
    ]
    return max(over)[2] if over else ""


def _photos() -> Iterator[Finding]:
    """Whether pictures made on the spot can be read again."""
    pillow_heif.register_heif_opener()
    for kind in ("JPEG", "PNG", "WEBP", "HEIF"):
        try:
            file = io.BytesIO()
            Image.new("RGB", (16, 16)).save(file, kind)
            Image.open(file).load()
        except (OSError, KeyError, ValueError):
            yield _bad(f"{kind} 照片读不了", "重新安装小喇叭（uv sync 或 pip install）")
            return
    yield _good("照片能读：JPEG、PNG、WEBP、HEIF（苹果手机）")


async def _database(settings: Settings) -> list[Finding]:
    url = settings.url
    name = "PostgreSQL 数据库" if engine.is_postgresql(url) else f"数据库 {engine.file_of(url)}"
    try:
        found = await checkup.look(url)
    except StorageError:
        cure = f"看看 {PREFIX}DATABASE_URL 对不对、数据库开着没有；新装的先运行 xiaolaba db upgrade"
        return [_bad(f"{name} 打不开", cure)]
    if not found.newest:
        return [_bad(f"{name} 是旧的", "停掉服务，运行 xiaolaba db upgrade")]
    findings = [_good(f"{name} 能读，版本 {found.version}")]
    if found.journal not in {None, "wal"}:
        cure = "停掉服务再开始一次；还不行就把数据文件夹放到本机的硬盘上"
        findings.append(_bad(f"数据库的日志方式是 {found.journal}，应当是 wal", cure))
    if found.clock and abs(found.clock - datetime.now(UTC)) > MOST_APART:
        findings.append(_bad("这台电脑和数据库的时间差了5秒以上", "两边都打开自动对时"))
    return findings


async def _port(settings: Settings, http: aiohttp.ClientSession) -> Finding:
    if settings.port == 0:
        return _good("端口：每次随便找一个空的")
    if _is_free(settings.host, settings.port):
        return _good(f"端口 {settings.port} 空着，服务没有在运行")
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    if await _is_ours(http, f"http://{host}:{settings.port}"):
        return _good(f"服务正在运行，端口 {settings.port}")
    cure = f"用 {PREFIX}PORT 换一个端口，或者停掉那个程序"
    return _bad(f"端口 {settings.port} 被别的程序占用了，或者 {settings.host} 不是本机的地址", cure)


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


async def _is_ours(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/healthz") as answer:
            return bool(await answer.json() == ALIVE)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return False


async def _public_url(settings: Settings, http: aiohttp.ClientSession) -> list[Finding]:
    url = settings.public_url
    if not url:
        cure = f"有了网址就填进 {PREFIX}PUBLIC_URL；二维码和各家平台的回调都要用它"
        return [_bad("还没有外面看得到的网址", cure)]
    findings = []
    if urlsplit(url).scheme != "https":
        cure = "申请一张证书，把网址改成 https:// 开头；手机和平台都要求这样"
        findings.append(_bad(f"{url} 没有加密", cure))
    if await _is_ours(http, url):
        return [*findings, _good(f"{url} 打得开，是小喇叭")]
    cure = "看看服务在不在运行、域名和反向代理对不对；只有本机打不开、手机打得开，就不要紧"
    return [*findings, _bad(f"从这里打不开 {url}，或者打开的不是小喇叭", cure)]


async def _platforms(settings: Settings, http: aiohttp.ClientSession) -> list[Finding]:
    findings: list[Finding] = []
    absent: list[str] = []
    # Opened, and never touched: to build an account nobody is asked anything.
    async with open_database(settings.url) as database:
        memory = SharedMemory(database)
        for name, module in discover().items():
            try:
                accounts = [built.account for built in module.build(settings, http, memory)]
            except SettingsError as error:
                lines = str(error).replace("\n", "；")
                findings.append(_bad(f"{name} 没有设置好：{lines}", "补上，见 docs/settings.md"))
                continue
            if accounts:
                named = "、".join(filter(None, accounts))
                findings.append(_good(f"{name} 开通了" + (f"（{named}）" if named else "")))
            else:
                absent.append(name)
    if absent:
        findings.append(_good(f"还没用的服务：{'、'.join(absent)}。要用就看 docs/settings.md"))
    return findings


async def _communities(settings: Settings) -> list[Finding]:
    findings: list[Finding] = []
    try:
        if not (await checkup.look(settings.url)).newest:
            return []
        async with checkup.looking(settings.url) as tx:
            for community in await everyone(tx, settings.zone):
                findings += await _community(CommunityTransaction(tx, community))
    except StorageError:
        # Said already, where the database is looked at.
        return []
    return findings or [_bad("还没有社区", "运行一次 xiaolaba serve，或者 xiaolaba staff list")]


async def _community(room: CommunityTransaction) -> list[Finding]:
    community = room.community
    findings = []
    missing = dict(await room.facts.missing())
    if not community.phone:
        waiting = missing.pop("社区电话", 0)
        cure = f"运行 xiaolaba fact 社区电话 号码，或填 {PREFIX}COMMUNITY_PHONE"
        what = f"{community.name}没有居委会电话，居民找不到人（{waiting}条答案在等）"
        findings.append(_bad(what, cure))
    if missing:
        listed = "、".join(f"{name}（{count}条）" for name, count in missing.items())
        cure = (
            f"运行 xiaolaba fact {next(iter(missing))} 号码或地址，每样一次；工作人员在聊天里说也行"
        )
        findings.append(_bad(f"{community.name}的答案里还空着：{listed}", cure))
    today = room.now.date()
    entries = await room.questions.entries()
    old = [e.question for e in entries if e.live(today) and e.review_on and e.review_on < today]
    if old:
        listed = "、".join(f"“{question}”" for question in old[:NAMED])
        what = (
            f"{community.name}有{len(old)}条答案过了复核日期：{listed}{'等' * (len(old) > NAMED)}"
        )
        cure = "xiaolaba faq export 导出来看一遍，改好、写上新的复核日期，再 xiaolaba faq import"
        findings.append(_bad(what, cure))
    members = await room.people.members()
    if not any(member.linked for member in members):
        cure = "先 xiaolaba staff add 名字，再 xiaolaba staff link 名字"
        findings.append(_bad(f"{community.name}没有工作人员绑定聊天，急事没人收到", cure))
    return findings or [_good(f"{community.name}：电话、答案、工作人员都齐了")]


def _backup(settings: Settings) -> Finding:
    files = (settings.data / "backups").glob("*.zip")
    made = [datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in files]
    cure = "运行 xiaolaba backup；服务开着时每晚也会自己备份"
    if not made:
        return _bad("还没有备份", cure)
    newest = f"{max(made).astimezone(settings.zone):%Y-%m-%d %H:%M}"
    if datetime.now(UTC) - max(made) > OLDEST_BACKUP:
        return _bad(f"最近的备份是 {newest} 做的，太旧了", cure)
    return _good(f"最近的备份：{newest}")
