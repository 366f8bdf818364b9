"""Days with a name: statutory, popular and lunar festivals, memorial days, solar terms."""

from faq.times.days import (
    Days,
    either,
    lunar_day,
    named_month,
    narrowed,
    nth_weekdays,
    solar_term,
    year_day,
)
from faq.times.lunar import TERMS

FIXED = {
    (1, 1): "元旦节 元旦 阳历年",
    (2, 14): "情人节",
    (3, 3): "爱耳日",
    (3, 5): "学雷锋纪念日 学雷锋日 雷锋日",
    (3, 8): "三八国际妇女节 三八妇女节 三八节 国际妇女节 妇女节 女神节 三八",
    (3, 12): "植树节",
    (3, 15): "消费者权益日 三一五",
    (4, 1): "愚人节",
    (4, 7): "世界卫生日",
    (4, 15): "国家安全教育日 全民国家安全教育日",
    (4, 22): "世界地球日 地球日",
    (4, 23): "世界读书日 读书日",
    (5, 1): "五一国际劳动节 五一劳动节 国际劳动节 劳动节 五一节 五一",
    (5, 4): "五四青年节 青年节 五四",
    (5, 12): "国际护士节 护士节 防灾减灾日",
    (5, 31): "世界无烟日 无烟日",
    (6, 1): "六一国际儿童节 六一儿童节 国际儿童节 儿童节 六一节 六一",
    (6, 5): "世界环境日 环境日",
    (6, 26): "国际禁毒日 禁毒日",
    (7, 1): "七一建党节 建党节 建党日 七一",
    (8, 1): "八一建军节 建军节 八一",
    (9, 10): "教师节",
    (9, 30): "烈士纪念日",
    (10, 1): "十一国庆节 国庆节 国庆 十一长假 十一假期 十一黄金周",
    (11, 8): "记者节",
    (11, 9): "全国消防日 消防宣传日 消防日",
    (11, 11): "双十一 双11",
    (12, 4): "国家宪法日 宪法日",
    (12, 5): "国际志愿者日 志愿者日",
    (12, 12): "双十二 双12",
    (12, 13): "国家公祭日 公祭日",
    (12, 24): "平安夜",
    (12, 25): "圣诞节 圣诞",
    (12, 31): "跨年夜",
}

LUNAR = {
    (1, 1): "农历新年 大年初一 春节 过年",
    (1, 5): "破五",
    (1, 15): "元宵佳节 元宵节 上元节 元宵 灯节",
    (2, 2): "龙抬头 二月二",
    (3, 3): "上巳节 三月三",
    (5, 5): "端午佳节 端午节 端阳节 端午 端阳 五月节",
    (7, 7): "七夕情人节 七夕节 七夕 乞巧节",
    (7, 15): "中元节 七月半 盂兰盆节",
    (8, 15): "中秋佳节 中秋节 中秋 八月节 八月半 八月十五",
    (9, 9): "重阳佳节 重阳节 重阳 老人节 老年节 敬老节 九月九",
    (10, 1): "寒衣节",
    (10, 15): "下元节",
    (12, 8): "腊八节 腊八",
    (12, 23): "北方小年 小年夜 小年 祭灶节",
    (12, 24): "南方小年",
    (12, -1): "除夕夜 除夕 大年三十 大年夜 年三十 年夜 大年二十九 年廿九",
}

NTH = {(5, 2): "母亲节", (5, 3): "全国助残日 助残日", (6, 3): "父亲节"}
"""Sundays of a month: (month, ordinal)."""

WEATHER = frozenset(["雨水", "小雪", "大雪", "小暑", "大暑", "小寒", "大寒"])
"""Solar terms that are also weather, or a drain; on their own they are not a day."""


STATUTORY = ("元旦", "春节", "清明", "五一", "端午", "中秋", "国庆")
"""The public holidays; 节前 means the next of them."""


def _festival(days: Days) -> Days:
    return Days(days.find, rule=days.rule, festival=True, lunar_year_end=days.lunar_year_end)


def _table() -> dict[str, Days]:
    days: dict[str, Days] = {}
    for (month, day), names in FIXED.items():
        days |= dict.fromkeys(names.split(), _festival(year_day(month, day)))
    for (month, day), names in LUNAR.items():
        days |= dict.fromkeys(names.split(), _festival(lunar_day(month, day)))
    for (month, nth), names in NTH.items():
        sunday = narrowed(named_month(month), nth_weekdays((nth,), 6))
        days |= dict.fromkeys(names.split(), _festival(sunday))
    for name in TERMS:
        days[f"{name}节气"] = days[name] = solar_term(name)
    days["清明节"] = solar_term("清明")
    return days | {"节": either(tuple(days[name] for name in STATUTORY))}


FESTIVALS = _table()
"""What each name means."""
