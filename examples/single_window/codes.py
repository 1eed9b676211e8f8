"""Code tables of the form's choices: a few entries of each, code to Chinese and English."""

from collections.abc import Mapping
from typing import Final

Table = Mapping[str, tuple[str, str]]

CUSTOMS: Final[Table] = {
    "3104": ("北仑海关", "Beilun Customs"),
    "3101": ("宁波海关", "Ningbo Customs"),
    "2248": ("洋山港区", "Yangshan Port"),
    "2233": ("浦东机场", "Pudong Airport"),
    "5301": ("皇岗海关", "Huanggang Customs"),
    "0101": ("首都机场", "Beijing Capital Airport"),
}
TRANSPORT: Final[Table] = {
    "2": ("水路运输", "Sea"),
    "3": ("铁路运输", "Rail"),
    "4": ("公路运输", "Road"),
    "5": ("航空运输", "Air"),
}
SUPERVISION: Final[Table] = {
    "0110": ("一般贸易", "General trade"),
    "0615": ("进料对口", "Processing with imported materials"),
    "2025": ("合资合作设备", "Equipment of a joint venture"),
    "2600": ("暂时进出货物", "Temporary import or export"),
    "9610": ("电子商务", "E-commerce"),
}
TERMS: Final[Table] = {
    "1": ("CIF", "CIF"),
    "2": ("C&F", "C&F"),
    "3": ("FOB", "FOB"),
    "7": ("EXW", "EXW"),
}
CURRENCIES: Final[Table] = {
    "CNY": ("人民币", "Chinese yuan"),
    "EUR": ("欧元", "Euro"),
    "USD": ("美元", "US dollar"),
    "JPY": ("日本元", "Japanese yen"),
    "HKD": ("港币", "Hong Kong dollar"),
}
COUNTRIES: Final[Table] = {
    "CHN": ("中国", "China"),
    "DEU": ("德国", "Germany"),
    "JPN": ("日本", "Japan"),
    "KOR": ("韩国", "Korea"),
    "USA": ("美国", "United States"),
    "VNM": ("越南", "Vietnam"),
    "CHL": ("智利", "Chile"),
}
UNITS: Final[Table] = {
    "001": ("台", "sets"),
    "007": ("个", "pieces"),
    "035": ("千克", "kg"),
    "030": ("米", "m"),
    "011": ("件", "items"),
}
DIRECTIONS: Final[Table] = {"import": ("进口", "Import"), "export": ("出口", "Export")}


def name(table: Table, code: str, place: int = 0) -> str:
    """Returns the entry's name, in Chinese by default (`place` 1 is English); the code itself if it isn't listed."""
    return table[code][place] if code in table else code
