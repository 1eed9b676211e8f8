"""R17: the manual's FAQ, 3.1 to 3.10."""

from mshield.server.http.pages.faq import FAQ


def test_r17_ten_entries_in_the_manuals_order() -> None:
    assert list(FAQ) == [f"3.{number}" for number in range(1, 11)]
    assert [entry.title_zh for entry in FAQ.values()] == [
        "网络异常",
        "无法接收短信验证码",
        "没有找到符合条件的法人/操作员",
        "手机盾账户",
        "手机盾同 IC 卡/USBKEY 关系",
        "手机盾用户管理",
        "PIN 码锁死",
        "忘记 PIN 码",
        "更换手机",
        "申请证书后不能正常使用",
    ]


def test_each_entry_is_complete_and_names_no_site() -> None:
    for name, entry in FAQ.items():
        assert entry.id == name
        for text in (entry.zh, entry.en, entry.title_en):
            assert text
            assert "http" not in text
