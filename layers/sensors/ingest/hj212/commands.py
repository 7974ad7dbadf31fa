"""The commands (CN) of HJ 212-2017 table 9, HJ/T 212-2005 and, second-hand, HJ 212-2025: what each is to a host.

Seen from the host (上位机), which is what envmap is: a site uploads data, gives notices, and answers; requests go the
other way. 3013 and 3014 mean different things in 2005 and 2017, so a command is looked up by edition.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from layers.sensors.ingest.hj212.frame import Edition, Frame
from layers.sensors.ingest.hj212.reasons import Reason, Refusal


class Part(StrEnum):
    """What a command is in an exchange (HJ 212-2017 section 6.5)."""

    READINGS = "readings"
    """Data with readings: 2011, 2051, 2061, 2031. Answered by 9014."""
    UPLOAD = "upload"
    """Other data of a site. Answered by 9014."""
    NOTICE = "notice"
    """Answered by 9013."""
    ANSWER = "answer"
    """9011 to 9014 of a site; never answered."""
    LOGIN = "login"
    """9021 of 2005; the form of its answer is not published, so none is given."""
    REQUEST = "request"
    """From host to site only."""


class Kind(StrEnum):
    """What a reading's value stands for."""

    REALTIME = "realtime"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Command:
    """One CN: its Chinese name in the standard, its part, and the kind of its readings."""

    cn: str
    name: str
    part: Part
    kind: Kind | None = None

    @property
    def answered_by(self) -> str | None:
        """The CN of the host's answer when bit A asks for one."""
        return _ANSWERED_BY.get(self.part)


_ANSWERED_BY: Final = {Part.READINGS: "9014", Part.UPLOAD: "9014", Part.NOTICE: "9013"}

READINGS: Final = {"2011": Kind.REALTIME, "2051": Kind.MINUTE, "2061": Kind.HOUR, "2031": Kind.DAY}

_COMMON: Final = (
    ("1000", "设置超时时间及重发次数", Part.REQUEST),
    ("1011", "提取/上传现场机时间", Part.UPLOAD),
    ("1012", "设置现场机时间", Part.REQUEST),
    ("1061", "提取/上传实时数据间隔", Part.UPLOAD),
    ("1062", "设置实时数据间隔", Part.REQUEST),
    ("1072", "设置现场机密码", Part.REQUEST),
    ("2011", "实时数据", Part.READINGS),
    ("2012", "停止察看实时数据", Part.REQUEST),
    ("2021", "设备运行状态", Part.UPLOAD),
    ("2022", "停止察看设备运行状态", Part.REQUEST),
    ("2031", "日历史数据", Part.READINGS),
    ("2041", "设备运行时间日历史数据", Part.UPLOAD),
    ("2051", "分钟数据", Part.READINGS),
    ("2061", "小时数据", Part.READINGS),
    ("3011", "零点校准量程校准", Part.REQUEST),
    ("3012", "即时采样", Part.REQUEST),
    ("9011", "请求应答", Part.ANSWER),
    ("9012", "执行结果", Part.ANSWER),
    ("9013", "通知应答", Part.ANSWER),
    ("9014", "数据应答", Part.ANSWER),
)
_ONLY_2005: Final = (
    ("1001", "提取/上传超限报警时间", Part.UPLOAD),
    ("1021", "提取/上传污染物报警门限值", Part.UPLOAD),
    ("1022", "设置污染物报警门限值", Part.REQUEST),
    ("1031", "提取/上传上位机地址", Part.UPLOAD),
    ("1032", "设置上位机地址", Part.REQUEST),
    ("1041", "提取/上传数据上报时间", Part.UPLOAD),
    ("1042", "设置数据上报时间", Part.REQUEST),
    ("2071", "报警记录", Part.UPLOAD),
    ("2072", "报警事件", Part.UPLOAD),
    ("3013", "设备操作", Part.REQUEST),
    ("3014", "设置采样时间周期", Part.REQUEST),
    ("9021", "登录", Part.LOGIN),
)
_SINCE_2017: Final = (
    ("1013", "现场机时间校准请求", Part.NOTICE),
    ("1063", "提取/上传分钟数据间隔", Part.UPLOAD),
    ("1064", "设置分钟数据间隔", Part.REQUEST),
    ("2081", "上传数采仪开机时间", Part.UPLOAD),
    ("3013", "启动清洗/反吹", Part.REQUEST),
    ("3014", "比对采样", Part.REQUEST),
    ("3015", "超标留样", Part.UPLOAD),
    ("3016", "设置采样时间周期", Part.REQUEST),
    ("3017", "提取采样时间周期", Part.UPLOAD),
    ("3018", "提取出样时间", Part.UPLOAD),
    ("3019", "设备唯一标识", Part.UPLOAD),
    ("3020", "现场机信息", Part.UPLOAD),
    ("3021", "设置现场机参数", Part.REQUEST),
    ("9015", "心跳包", Part.NOTICE),
)
"""9015 is of 2025; loggers of 2017 send it too, and refusing a heartbeat helps nobody."""
_SINCE_2025: Final = (
    ("1001", "上传数采仪硬件序号", Part.UPLOAD),
    ("1002", "设置数采仪MN编码", Part.REQUEST),
    ("1014", "获取/下发新密钥", Part.UPLOAD),
    ("2013", "原始监测数据", Part.UPLOAD),
    ("2052", "噪声单次测量数据", Part.UPLOAD),
    ("2062", "自动标样核查数据", Part.UPLOAD),
    ("2111", "炉膛温度5min均值", Part.UPLOAD),
    ("3022", "即时留样任务", Part.REQUEST),
    ("3024", "启动标样核查", Part.REQUEST),
)


def _table(*groups: tuple[tuple[str, str, Part], ...]) -> dict[str, Command]:
    return {cn: Command(cn, name, part, READINGS.get(cn)) for group in groups for cn, name, part in group}


COMMANDS: Final = {
    Edition.E2005: _table(_SINCE_2017, _COMMON, _ONLY_2005),
    Edition.E2017: _table(_COMMON, _SINCE_2017),
    Edition.E2025: _table(_COMMON, _SINCE_2017, _SINCE_2025),
}
"""Loggers without Flag count as 2005 although many are newer, so that table also knows what 2017 added."""


def command(frame: Frame) -> Command:
    """What a frame from a site is.

    :raises Refusal: ``unknown_command`` for a reserved CN, ``wrong_direction`` for one that only a host sends.
    """
    known = COMMANDS[frame.edition].get(frame.cn)
    if known is None:
        raise Refusal(Reason.UNKNOWN_COMMAND, f"CN {frame.cn} is no command of HJ 212-{frame.edition}.")
    if known.part is Part.REQUEST:
        raise Refusal(
            Reason.WRONG_DIRECTION, f"CN {frame.cn} ({known.name}) goes from host to site; a site does not send it."
        )
    return known
