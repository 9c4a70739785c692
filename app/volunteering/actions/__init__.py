"""What happens in volunteering: posts and shifts, claims, presence, records."""

from app.volunteering.actions.attendance import (
    check_in_by_code,
    check_out_by_code,
    scan_in,
    scan_out,
)
from app.volunteering.actions.claims import (
    claim_shift,
    claim_together,
    join_as_volunteer,
    send_claim_now,
    undo_claim,
    withdraw_claim,
)
from app.volunteering.actions.posts import (
    add_post,
    add_qualification,
    add_shift,
    add_weekly_shifts,
    cancel_shift,
    end_post,
)
from app.volunteering.actions.sheets import close_finished, enter_hours, fix_checkout
from app.volunteering.actions.verification import (
    Verified,
    may_revoke,
    reject_record,
    revoke_record,
    verdicts_on,
    verify_record,
    verify_records,
)

__all__ = [
    "Verified",
    "add_post",
    "add_qualification",
    "add_shift",
    "add_weekly_shifts",
    "cancel_shift",
    "check_in_by_code",
    "check_out_by_code",
    "claim_shift",
    "claim_together",
    "close_finished",
    "end_post",
    "enter_hours",
    "fix_checkout",
    "join_as_volunteer",
    "may_revoke",
    "reject_record",
    "revoke_record",
    "scan_in",
    "scan_out",
    "send_claim_now",
    "undo_claim",
    "verdicts_on",
    "verify_record",
    "verify_records",
    "withdraw_claim",
]
