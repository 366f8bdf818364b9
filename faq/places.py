"""Where: the longest unbroken stretch of a message that says a place.

A place is a chain of pieces (building, unit, floor, room, landmark, side) joined by small words.
At least one piece must tell this building from any other: 楼道 or 门口 alone say nothing.
"""

import re
from collections.abc import Iterable

from faq.normalise import LONGEST, simplify

NUMBER = "(?:[0-9０-９]{1,4}|[一二三四五六七八九十百两几]{1,4}|[A-Za-zＡ-Ｚ])"
ROOM = "[A-Za-z]?[0-9]{3,4}(?![0-9年块元个])(?:室|房|号房)?"
NUMBERED = (
    f"{NUMBER}(?:号楼|号院|号门|号|栋|幢|座|单元|区|期|组团|弄)|第?(?!一层){NUMBER}(?:楼|层)"
    "|(?<![A-Za-z])[A-Za-z](?:[0-9]{1,3}[区座栋口]?|[区座栋口])(?![A-Za-z])"
    "|[东西南北中](?:[一二三]?区|苑|院)"
)
ROAD = (
    "(?!马路|道路|公路|半路|走路|大路|小路|这路)"
    "(?:(?![那这在的从我你们有个条把被让到去是了和与边住过走修带问一])[一-龥]|五一|一[一-龥]){1,4}"
    "(?:路(?!灯|边|过|由|线|面|口)|街|大道|胡同)"
)
LANDMARK = """
东门 西门 南门 北门 前门 后门 侧门 正门 大门 大门口 东大门 西大门 南大门 北大门 校门口 厂门口 消防通道 消防车道 消防门
地下车库 地下停车场 地下室 地下通道 车库 地库 停车场 残疾人车位 车棚 充电棚 充电桩 架空层 天台 楼顶 屋顶 顶楼 顶层 露台
配电房 配电室 水泵房 泵房 设备间 锅炉房 垃圾房 垃圾站 垃圾亭 垃圾桶 垃圾点 垃圾池 分类亭 投放点 公厕 公共厕所 菜市场
菜场 超市 便利店 小卖部 水果店 烧烤店 烧烤摊 小餐馆 餐馆 饭店 面馆 早餐店 理发店 洗车店 药店 快递站 快递柜 快递架 快递点
驿站 底商 商铺 门面 店铺 棋牌室 麻将馆 网吧 活动室 老年活动室 活动中心 服务中心 物业办公室 保安亭 岗亭 门卫室 值班室
幼儿园 小学 中学 学校 操场 篮球场 足球场 羽毛球场 乒乓球台 健身区 健身广场 健身步道 健身器材 健身角 中心花园 中心广场
小广场 北广场 南广场 东广场 西广场 广场 花园 小公园 公园 游乐区 儿童游乐区 游乐场 儿童滑梯 滑梯 沙坑 秋千 凉亭 亭子 长廊
人工湖 湖边 池塘 喷泉 河边 河道 河滨 步道 水沟 草坪 草地 花坛 绿地 绿化带 竹林 树林 小树林 围墙 主干道 环路 坡道
无障碍坡道 路口 十字路口 交叉口 公交站牌 公交站 公告栏 宣传栏 工地 化粪池 消防栓 人行道 盲道 马路 巷子 天桥 地铁口 桥下
大堂 大厅 卫生站 诊所 食堂 书屋 门球场 菜园 后山 小区门口 小区中间
小区东南角 小区西南角 小区东北角 小区西北角 晾衣场 自行车棚 垃圾中转站 快递驿站 街心公园 文化广场 口袋公园
""".split()
"""Things that tell a place by themselves."""
PART = """
小区 社区 楼道 楼梯间 楼梯口 楼梯 走廊 过道 通道 电梯口 电梯间 电梯厅 门厅 门洞 门口 门前 门外 单元门口 单元门 出口 入口
旁边 边上 左边 右边 左手边 右手边 后面 前面 后边 前边 后头 前头 中间 附近 对面 对过 斜对面 楼下 楼前 楼后 楼底 楼间 之间
底下 下面 墙下 墙边 墙角 山墙 西山墙 东山墙 山墙边 外墙 外立面 内侧 外侧 南侧 北侧 东侧 西侧 南边 北边 东边 西边 东南角
西南角 东北角 西北角 拐角 拐弯处 拐弯的地方 尽头 平台 阳台 厨房 卫生间 厕所 客厅 卧室 后院 前院 院子 空地 后巷 一层 天井
那条路 那段路 那段 那块地 那一片 路边 门边 侧门边 口 边 旁
""".split()
"""Things that every building has: part of a place, none alone."""
EXTRA = "下(?![水雨一个])|电梯(?![坏停卡又不老也运急按故]|突然)|楼梯"
GLUE = "(?:的|那[个条段块边]|上|从|到|至|和|与|靠近|通往|里的|上的| )"
LEADING = re.compile("^(?:楼上|隔壁|对门)+")
TRAIL = re.compile("(?:那边|这边|那里|这里|里面|上面|里头|[里上的那这和与到至从 ])+$")


def _any(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest that fits."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


class PlaceNames:
    """What places are called here: the general grammar and the community's own names."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Know these names ("老锅炉房") beside buildings, units, floors, rooms and landmarks."""
        own = [simplify(name) for name in names if name]
        telling = f"{_any([*own, *LANDMARK])}|{NUMBERED}|{ROAD}|{ROOM}"
        piece = f"(?:{_any([*own, *LANDMARK, *PART])}|{NUMBERED}|{ROAD}|{ROOM}|{EXTRA})"
        self._telling = re.compile(telling)
        self._chain = re.compile(f"{piece}(?:{GLUE}{{0,2}}{piece})*")
        self._numbered = re.compile(f"{NUMBERED}|{ROOM}")

    def find(self, text: str) -> str | None:
        """The place as it stands in the text; None when it names none."""
        read = text[:LONGEST]
        plain = simplify(read)
        best, best_weight = None, 0.0
        for match in self._chain.finditer(plain):
            kept = TRAIL.sub("", match.group())
            weight = self._weight(kept)
            if weight > best_weight:
                best, best_weight = read[match.start() : match.start() + len(kept)], weight
        return best

    def _weight(self, stretch: str) -> float:
        """How much a stretch tells; 0 when it fits every building."""
        if not self._telling.search(stretch):
            return 0.0
        return len(stretch) + 6.0 * len(self._numbered.findall(stretch))
