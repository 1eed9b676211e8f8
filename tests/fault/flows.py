"""The flows of phone and portal in which calls are lost: one line each."""

from typing import Final

from tests.fault.case import Flow
from tests.fault.outside_steps import (
    come_back_from_the_page,
    is_a_user_outside,
    is_logged_in_with_one_account,
    log_in_by_password,
    open_the_page,
)
from tests.fault.phone_steps import (
    apply,
    apply_again,
    approve,
    ask_another_signature,
    ask_by_shield_number,
    ask_login,
    ask_signature,
    begin_a_renewal,
    bind,
    cancel,
    change_pin,
    decline,
    file_a_change,
    get_apply_code,
    get_captcha,
    get_register_code,
    get_renewal_code,
    get_reset_code,
    give_up_the_renewal,
    has_one_account,
    has_one_certificate,
    is_bound,
    is_cancelled,
    is_declined,
    is_held_once,
    is_logged_in,
    is_logged_out,
    is_refreshed,
    is_renewed_once,
    is_scanned,
    is_signed,
    is_unbound,
    log_in,
    log_out,
    look_into_the_inbox,
    register,
    renew,
    reset_password,
    scan,
    take,
    the_first_certificate_goes_on,
    the_new_password_counts,
    the_new_pin_counts,
    unbind,
    wait_a_minute,
)
from tests.fault.portal_steps import (
    begin_portal_login,
    finish_portal_login,
    get_revocation_code,
    is_at_the_portal,
    is_lost_and_found,
    is_out_of_the_portal,
    is_revoked_once,
    lift_loss,
    log_out_of_the_portal,
    note_the_shield,
    open_the_portal,
    report_loss,
    revoke,
)

_ACCOUNT: Final = (get_register_code, register)
_LOGIN: Final = (*_ACCOUNT, get_captcha, log_in)
_SHIELD: Final = (*_LOGIN, wait_a_minute, get_apply_code, apply)

_PORTAL: Final = (open_the_portal, wait_a_minute, begin_portal_login, finish_portal_login)

FLOWS: Final = {
    "register": Flow((), _ACCOUNT, has_one_account, sms="register"),
    "log in": Flow(_ACCOUNT, (get_captcha, log_in), is_logged_in),
    "apply": Flow((*_LOGIN, wait_a_minute), (get_apply_code, apply), has_one_certificate, sms="apply"),
    "ask and scan": Flow(_SHIELD, (ask_login, scan), is_scanned),
    "approve a login": Flow((*_SHIELD, ask_login, scan), (approve,), is_signed),
    "approve a signature": Flow((*_SHIELD, ask_signature, scan), (approve,), is_signed),
    "decline": Flow((*_SHIELD, ask_signature, scan), (decline,), is_declined),
    "cancel": Flow((*_SHIELD, ask_signature), (cancel,), is_cancelled),
    "change the PIN": Flow((*_SHIELD, wait_a_minute), (change_pin,), the_new_pin_counts),
    "renew": Flow(
        (*_SHIELD, wait_a_minute, file_a_change), (get_renewal_code, renew), is_renewed_once, sms="renew"
    ),
    "bind": Flow(_SHIELD, (bind,), is_bound),
    "log out": Flow(_LOGIN, (log_out,), is_logged_out),
    "accept a request from the inbox": Flow(
        (*_SHIELD, ask_by_shield_number), (look_into_the_inbox, take, approve), is_signed
    ),
    "refresh silently": Flow(
        (*_SHIELD, ask_signature, scan, approve, ask_another_signature, scan),
        (approve,),
        is_refreshed,
        settings={"refresh_signatures": 1},
    ),
    "reset the password": Flow(
        (*_LOGIN, wait_a_minute), (get_reset_code, reset_password), the_new_password_counts, sms="reset"
    ),
    "unbind": Flow((*_SHIELD, bind), (unbind,), is_unbound),
    "apply again": Flow((*_SHIELD, wait_a_minute), (get_apply_code, apply_again), is_held_once),
    "give a renewal up": Flow(
        (*_SHIELD, wait_a_minute, file_a_change, begin_a_renewal),
        (give_up_the_renewal,),
        the_first_certificate_goes_on,
    ),
    "log in by an outside system's password": Flow(
        (is_a_user_outside,), (get_captcha, log_in_by_password), is_logged_in_with_one_account
    ),
    "log in at an outside system's page": Flow(
        (is_a_user_outside,), (open_the_page, come_back_from_the_page), is_logged_in_with_one_account
    ),
    "log in to the portal": Flow(
        (open_the_portal, wait_a_minute), (begin_portal_login, finish_portal_login), is_at_the_portal
    ),
    "log out of the portal": Flow(_PORTAL, (log_out_of_the_portal,), is_out_of_the_portal),
    "report a loss and lift it": Flow(
        (*_SHIELD, note_the_shield, *_PORTAL), (report_loss, lift_loss), is_lost_and_found
    ),
    "revoke a shield": Flow(
        (*_SHIELD, note_the_shield, *_PORTAL, wait_a_minute), (get_revocation_code, revoke), is_revoked_once
    ),
}
