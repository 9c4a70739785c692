"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel import Session

import ledger
from app import volunteering

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "book_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("head_sequence", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(length=64), nullable=False),
        sa.Column("first_bad", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_check")),
    )
    with op.batch_alter_table("book_check", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_book_check_at"), ["at"], unique=False)

    op.create_table(
        "doing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("who_id", sa.Uuid(), nullable=True),
        sa.Column("for_whom_id", sa.Uuid(), nullable=True),
        sa.Column("verb", sa.String(length=60), nullable=False),
        sa.Column("about", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doing")),
    )
    with op.batch_alter_table("doing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_doing_about"), ["about"], unique=False)
        batch_op.create_index(batch_op.f("ix_doing_at"), ["at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_doing_for_whom_id"), ["for_whom_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_doing_who_id"), ["who_id"], unique=False)

    op.create_table(
        "ledger_transaction",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "effective_on", sa.Date().with_variant(sa.Text(), "sqlite"), nullable=False
        ),
        sa.Column("entered_by", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("rule_version", sa.Text(), nullable=True),
        sa.Column(
            "reverses_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("posting_count", sa.Integer(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("memo_digest", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "length(key) > 0 AND length(kind) > 0",
            name=op.f("ck_ledger_transaction_words"),
        ),
        sa.CheckConstraint(
            "posting_count >= 0", name=op.f("ck_ledger_transaction_postings")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_transaction_reverses",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_transaction"),
        sa.UniqueConstraint("reverses_id", name="uq_ledger_transaction_reverses"),
        sa.UniqueConstraint("scope", "key", name="uq_ledger_transaction_key"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("ledger_transaction", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_transaction_at", ["at"], unique=False)
        batch_op.create_index("ix_ledger_transaction_cause", ["cause"], unique=False)

    op.create_table(
        "ledger_unit",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("exponent", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "exponent BETWEEN 0 AND 4", name=op.f("ck_ledger_unit_exponent")
        ),
        sa.PrimaryKeyConstraint("code", name="pk_ledger_unit"),
        sqlite_strict=True,
    )
    op.create_table(
        "outbox",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("relayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_waiting",
            ["id"],
            unique=False,
            sqlite_where=sa.text("relayed_at IS NULL AND given_up_at IS NULL"),
            postgresql_where=sa.text("relayed_at IS NULL AND given_up_at IS NULL"),
        )

    op.create_table(
        "place",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=True),
        sa.Column("name_zh_hant", sa.String(length=80), nullable=True),
        sa.Column("category", sa.String(length=32), nullable=True),
        sa.Column("tier", sa.String(length=32), nullable=True),
        sa.Column("area_m2", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("signature", sa.String(length=120), nullable=True),
        sa.Column("signature_en", sa.String(length=160), nullable=True),
        sa.Column("about", sa.String(length=1000), nullable=True),
        sa.Column("about_en", sa.String(length=1000), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("map_x", sa.Integer(), nullable=True),
        sa.Column("map_y", sa.Integer(), nullable=True),
        sa.Column("is_open_all_day", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "area_m2 IS NULL OR area_m2 > 0", name=op.f("ck_place_area")
        ),
        sa.CheckConstraint("id <> parent_id", name=op.f("ck_place_not_its_own_parent")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["place.id"], name=op.f("fk_place_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.UniqueConstraint("code", name=op.f("uq_place_code")),
    )
    with op.batch_alter_table("place", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_place_parent_id"), ["parent_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_place_path"), ["path"], unique=False)

    op.create_table(
        "programme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=True),
        sa.Column("name_zh_hant", sa.String(length=60), nullable=True),
        sa.Column("about", sa.String(length=1000), nullable=True),
        sa.Column("about_en", sa.String(length=1000), nullable=True),
        sa.Column("issuer", sa.String(length=120), nullable=False),
        sa.Column("issuer_en", sa.String(length=160), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("unit IN ('POINT', 'TIME')", name=op.f("ck_programme_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint("code", name=op.f("uq_programme_code")),
    )
    op.create_table(
        "sign_in_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_code")),
    )
    with op.batch_alter_table("sign_in_code", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_code_phone"), ["phone"], unique=False
        )

    op.create_table(
        "used_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("operation", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_used_key")),
        sa.UniqueConstraint(
            "owner", "operation", "key", name=op.f("uq_used_key_owner_operation_key")
        ),
    )
    op.create_table(
        "ledger_account",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("public_code", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_ref", sa.Text(), nullable=True),
        sa.Column(
            "floor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "debits_posted",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "credits_posted",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "debits_pending",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "credits_pending",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "last_posting_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column(
            "last_act_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('open', 'frozen', 'closed')",
            name=op.f("ck_ledger_account_state"),
        ),
        sa.CheckConstraint(
            "debits_posted >= 0 AND credits_posted >= 0 AND debits_pending >= 0 AND credits_pending >= 0",
            name=op.f("ck_ledger_account_counters"),
        ),
        sa.CheckConstraint(
            "floor IS NULL OR credits_posted - debits_posted - debits_pending >= floor",
            name=op.f("ck_ledger_account_floor"),
        ),
        sa.ForeignKeyConstraint(
            ["unit"], ["ledger_unit.code"], name="fk_ledger_account_unit"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_account"),
        sa.UniqueConstraint("code", name="uq_ledger_account_code"),
        sa.UniqueConstraint("public_code", name="uq_ledger_account_public_code"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("ledger_account", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_account_owner_ref", ["owner_ref"], unique=False
        )
        batch_op.create_index(
            "ix_ledger_account_unit_kind", ["unit", "kind"], unique=False
        )

    op.create_table(
        "ledger_private_text",
        sa.Column(
            "transaction_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_private_text_transaction",
        ),
        sa.PrimaryKeyConstraint("transaction_id", name="pk_ledger_private_text"),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_seal",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "transaction_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("leaf", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_seal_transaction",
        ),
        sa.PrimaryKeyConstraint("sequence", name="pk_ledger_seal"),
        sa.UniqueConstraint("transaction_id", name="uq_ledger_seal_transaction"),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_unsealed",
        sa.Column(
            "transaction_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_unsealed_transaction",
        ),
        sa.PrimaryKeyConstraint("transaction_id", name="pk_ledger_unsealed"),
        sqlite_strict=True,
    )
    op.create_table(
        "opening_exception",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opens_at", sa.Time(), nullable=True),
        sa.Column("closes_at", sa.Time(), nullable=True),
        sa.Column("reason", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_opening_exception_place_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_exception")),
        sa.UniqueConstraint(
            "place_id", "day", name=op.f("uq_opening_exception_place_id_day")
        ),
    )
    op.create_table(
        "opening_hours",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.Time(), nullable=False),
        sa.Column("closes_at", sa.Time(), nullable=False),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_opening_hours_order")),
        sa.CheckConstraint(
            "weekday BETWEEN 0 AND 6", name=op.f("ck_opening_hours_weekday")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_opening_hours_place_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_hours")),
        sa.UniqueConstraint(
            "place_id",
            "weekday",
            "opens_at",
            name=op.f("uq_opening_hours_place_id_weekday_opens_at"),
        ),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("member_no", sa.String(length=12), nullable=False),
        sa.Column("display_name", sa.String(length=60), nullable=False),
        sa.Column("display_name_en", sa.String(length=60), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("birth_on", sa.Date(), nullable=True),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("is_cast", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_person_place_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("external_id", name=op.f("uq_person_external_id")),
        sa.UniqueConstraint("member_no", name=op.f("uq_person_member_no")),
        sa.UniqueConstraint("phone", name=op.f("uq_person_phone")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_person_display_name"), ["display_name"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_person_household_id"), ["household_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_person_place_id"), ["place_id"], unique=False
        )

    op.create_table(
        "programme_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("per_hour", sa.BigInteger(), nullable=False),
        sa.Column("step_minutes", sa.Integer(), nullable=False),
        sa.Column("second_key_minutes", sa.Integer(), nullable=False),
        sa.Column("third_key_minutes", sa.Integer(), nullable=False),
        sa.Column("undo_minutes", sa.Integer(), nullable=False),
        sa.Column("lot_months", sa.Integer(), nullable=True),
        sa.Column("store_cap", sa.BigInteger(), nullable=True),
        sa.Column("redeem_min_age", sa.Integer(), nullable=True),
        sa.Column("late_entry_days", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("per_hour > 0", name=op.f("ck_programme_rule_per_hour")),
        sa.CheckConstraint(
            "second_key_minutes < third_key_minutes",
            name=op.f("ck_programme_rule_tiers"),
        ),
        sa.CheckConstraint(
            "step_minutes IN (15, 30, 60)", name=op.f("ck_programme_rule_step")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["programme.id"],
            name=op.f("fk_programme_rule_programme_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_rule")),
        sa.UniqueConstraint(
            "programme_id",
            "effective_on",
            name=op.f("uq_programme_rule_programme_id_effective_on"),
        ),
        sa.UniqueConstraint(
            "programme_id",
            "version",
            name=op.f("uq_programme_rule_programme_id_version"),
        ),
    )
    op.create_table(
        "reward_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("title_en", sa.String(length=120), nullable=True),
        sa.Column("title_zh_hant", sa.String(length=80), nullable=True),
        sa.Column("summary", sa.String(length=500), nullable=True),
        sa.Column("summary_en", sa.String(length=500), nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("limit_per_person", sa.Integer(), nullable=True),
        sa.Column("hours_needed", sa.Integer(), nullable=True),
        sa.Column("suitable_for_minors", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "hours_needed > 0", name=op.f("ck_reward_item_hours_needed")
        ),
        sa.CheckConstraint("limit_per_person > 0", name=op.f("ck_reward_item_limit")),
        sa.CheckConstraint("points >= 0", name=op.f("ck_reward_item_points")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_reward_item_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reward_item")),
        sa.UniqueConstraint("external_id", name=op.f("uq_reward_item_external_id")),
    )
    with op.batch_alter_table("reward_item", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reward_item_programme_id"), ["programme_id"], unique=False
        )

    op.create_table(
        "workshop",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("registration", sa.String(length=32), nullable=False),
        sa.Column("licence_no", sa.String(length=60), nullable=True),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=True),
        sa.Column("name_zh_hant", sa.String(length=80), nullable=True),
        sa.Column("about", sa.String(length=1000), nullable=True),
        sa.Column("about_en", sa.String(length=1000), nullable=True),
        sa.Column("about_zh_hant", sa.String(length=1000), nullable=True),
        sa.Column("operator", sa.String(length=80), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("commission_percent", sa.BigInteger(), nullable=False),
        sa.Column("is_self_operated", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "registration <> 'licensed' OR licence_no IS NOT NULL",
            name=op.f("ck_workshop_licence"),
        ),
        sa.CheckConstraint(
            "commission_percent BETWEEN 0 AND 10000",
            name=op.f("ck_workshop_commission_percent"),
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_workshop_place_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop")),
        sa.UniqueConstraint("external_id", name=op.f("uq_workshop_external_id")),
    )
    with op.batch_alter_table("workshop", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_workshop_place_id"), ["place_id"], unique=False
        )

    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_api_token_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(
            "ix_api_token_live",
            ["person_id"],
            unique=False,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "good",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("title_en", sa.String(length=120), nullable=True),
        sa.Column("title_zh_hant", sa.String(length=80), nullable=True),
        sa.Column("summary", sa.String(length=500), nullable=True),
        sa.Column("summary_en", sa.String(length=500), nullable=True),
        sa.Column("summary_zh_hant", sa.String(length=500), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("unit_en", sa.String(length=40), nullable=True),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("price_cny", sa.BigInteger(), nullable=False),
        sa.Column("points_price", sa.BigInteger(), nullable=True),
        sa.Column("is_perishable", sa.Boolean(), nullable=False),
        sa.Column("return_policy", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "is_perishable = (return_policy = 'none_perishable')",
            name=op.f("ck_good_return_policy"),
        ),
        sa.CheckConstraint(
            "points_price IS NULL OR points_price > 0", name=op.f("ck_good_points")
        ),
        sa.CheckConstraint("price_cny > 0", name=op.f("ck_good_price_cny")),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_good_workshop_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_good")),
        sa.UniqueConstraint("external_id", name=op.f("uq_good_external_id")),
    )
    with op.batch_alter_table("good", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_good_created_at"), ["created_at"], unique=False
        )
        batch_op.create_index("ix_good_shelf", ["state", "category"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_good_workshop_id"), ["workshop_id"], unique=False
        )

    op.create_table(
        "goods_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("payment", sa.String(length=32), nullable=False),
        sa.Column("pay_with", sa.String(length=32), nullable=False),
        sa.Column("total_cny", sa.BigInteger(), nullable=False),
        sa.Column("total_points", sa.BigInteger(), nullable=True),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("pickup_code", sa.String(length=6), nullable=True),
        sa.Column("collect_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_by", sa.Uuid(), nullable=True),
        sa.Column("ledger_transaction_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(pay_with = 'points') = (hold_id IS NOT NULL AND total_points IS NOT NULL)",
            name=op.f("ck_goods_order_points"),
        ),
        sa.CheckConstraint(
            "(state = 'collected') = (payment <> 'unpaid')",
            name=op.f("ck_goods_order_payment"),
        ),
        sa.CheckConstraint(
            "state <> 'collected' OR (handed_over_by IS NOT NULL AND ledger_transaction_id IS NOT NULL)",
            name=op.f("ck_goods_order_collected"),
        ),
        sa.CheckConstraint(
            "handed_over_by IS NULL OR handed_over_by <> person_id",
            name=op.f("ck_goods_order_not_to_oneself"),
        ),
        sa.CheckConstraint("total_cny > 0", name=op.f("ck_goods_order_total_cny")),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["person.id"], name=op.f("fk_goods_order_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["handed_over_by"],
            ["person.id"],
            name=op.f("fk_goods_order_handed_over_by"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_goods_order_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_goods_order_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_goods_order_workshop_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_order")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_goods_order_hold_id")),
    )
    with op.batch_alter_table("goods_order", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_goods_order_person_id"), ["person_id"], unique=False
        )
        batch_op.create_index(
            "ix_goods_order_place_state", ["place_id", "state"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_goods_order_placed_at"), ["placed_at"], unique=False
        )
        batch_op.create_index(
            "ix_goods_order_workshop_state", ["workshop_id", "state"], unique=False
        )
        batch_op.create_index(
            "uq_goods_order_pickup_code",
            ["pickup_code"],
            unique=True,
            sqlite_where=sa.text("state = 'ready'"),
            postgresql_where=sa.text("state = 'ready'"),
        )

    op.create_table(
        "ledger_account_change",
        sa.Column(
            "transaction_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "account_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "floor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint(
            "state IN ('open', 'frozen', 'closed')",
            name=op.f("ck_ledger_account_change_state"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["ledger_account.id"],
            name="fk_ledger_account_change_account",
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_account_change_transaction",
        ),
        sa.PrimaryKeyConstraint("transaction_id", name="pk_ledger_account_change"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("ledger_account_change", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_account_change_account", ["account_id"], unique=False
        )

    op.create_table(
        "ledger_hold",
        sa.Column("id", sa.Uuid().with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column(
            "transaction_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "debit_account_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "credit_account_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "amount",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"),
            nullable=True,
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_ledger_hold_amount")),
        sa.CheckConstraint(
            "debit_account_id <> credit_account_id",
            name=op.f("ck_ledger_hold_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["credit_account_id"], ["ledger_account.id"], name="fk_ledger_hold_credit"
        ),
        sa.ForeignKeyConstraint(
            ["debit_account_id"], ["ledger_account.id"], name="fk_ledger_hold_debit"
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_hold_transaction",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_hold"),
        sa.UniqueConstraint("transaction_id", name="uq_ledger_hold_transaction"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("ledger_hold", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_hold_credit", ["credit_account_id"], unique=False
        )
        batch_op.create_index(
            "ix_ledger_hold_debit", ["debit_account_id"], unique=False
        )
        batch_op.create_index("ix_ledger_hold_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "ledger_posting",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "transaction_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column(
            "debit_account_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "credit_account_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "amount",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "debit_balance_after",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "credit_balance_after",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_ledger_posting_amount")),
        sa.CheckConstraint(
            "debit_account_id <> credit_account_id",
            name=op.f("ck_ledger_posting_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["credit_account_id"],
            ["ledger_account.id"],
            name="fk_ledger_posting_credit",
        ),
        sa.ForeignKeyConstraint(
            ["debit_account_id"], ["ledger_account.id"], name="fk_ledger_posting_debit"
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_posting_transaction",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_posting"),
        sa.UniqueConstraint("transaction_id", "line", name="uq_ledger_posting_line"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("ledger_posting", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_posting_credit",
            [
                "credit_account_id",
                "id",
                "transaction_id",
                "debit_account_id",
                "amount",
                "credit_balance_after",
            ],
            unique=False,
        )
        batch_op.create_index(
            "ix_ledger_posting_debit",
            [
                "debit_account_id",
                "id",
                "transaction_id",
                "credit_account_id",
                "amount",
                "debit_balance_after",
            ],
            unique=False,
        )

    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=True),
        sa.Column("name_zh_hant", sa.String(length=80), nullable=True),
        sa.Column("about", sa.String(length=2000), nullable=True),
        sa.Column("about_en", sa.String(length=2000), nullable=True),
        sa.Column("about_zh_hant", sa.String(length=2000), nullable=True),
        sa.Column("registration_no", sa.String(length=40), nullable=True),
        sa.Column("applied_by", sa.Uuid(), nullable=True),
        sa.Column("vetted_by", sa.Uuid(), nullable=True),
        sa.Column("vetted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "vetted_by IS NULL OR vetted_by <> applied_by",
            name=op.f("ck_organisation_vetted_by_another"),
        ),
        sa.ForeignKeyConstraint(
            ["applied_by"], ["person.id"], name=op.f("fk_organisation_applied_by")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_organisation_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["vetted_by"], ["person.id"], name=op.f("fk_organisation_vetted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("external_id", name=op.f("uq_organisation_external_id")),
    )
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_organisation_name"), ["name"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_organisation_place_id"), ["place_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_organisation_state"), ["state"], unique=False
        )

    op.create_table(
        "qualification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("seen_by", sa.Uuid(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_qualification_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["seen_by"], ["person.id"], name=op.f("fk_qualification_seen_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification")),
        sa.UniqueConstraint(
            "person_id", "kind", name=op.f("uq_qualification_person_id_kind")
        ),
    )
    op.create_table(
        "relative",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("relative_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "person_id < relative_id", name=op.f("ck_relative_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_relative_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["relative_id"], ["person.id"], name=op.f("fk_relative_relative_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "relative_id", name=op.f("pk_relative")),
    )
    with op.batch_alter_table("relative", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_relative_relative_id"), ["relative_id"], unique=False
        )

    op.create_table(
        "role_assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("assigned_by", sa.Uuid(), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on >= starts_on",
            name=op.f("ck_role_assignment_dates"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_role_assignment_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_role_assignment_place_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_assignment")),
    )
    with op.batch_alter_table("role_assignment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_role_assignment_person_id"), ["person_id"], unique=False
        )
        batch_op.create_index(
            "ix_role_assignment_place_role", ["place_id", "role"], unique=False
        )

    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sign_in_session_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_session_token_hash")),
    )
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_session_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "stock_lot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reward_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("funding_source", sa.String(length=32), nullable=False),
        sa.Column("funded_by", sa.String(length=120), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_lot_quantity")),
        sa.CheckConstraint(
            "reserved + given <= quantity", name=op.f("ck_stock_lot_enough")
        ),
        sa.CheckConstraint(
            "reserved >= 0 AND given >= 0", name=op.f("ck_stock_lot_counts")
        ),
        sa.ForeignKeyConstraint(
            ["added_by"], ["person.id"], name=op.f("fk_stock_lot_added_by")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_stock_lot_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["reward_id"], ["reward_item.id"], name=op.f("fk_stock_lot_reward_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_lot")),
    )
    with op.batch_alter_table("stock_lot", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_stock_lot_place_id"), ["place_id"], unique=False
        )
        batch_op.create_index(
            "ix_stock_lot_reward_place", ["reward_id", "place_id"], unique=False
        )

    op.create_table(
        "volunteer_post",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("title_en", sa.String(length=120), nullable=True),
        sa.Column("title_zh_hant", sa.String(length=80), nullable=True),
        sa.Column("what", sa.String(length=1000), nullable=False),
        sa.Column("what_en", sa.String(length=1000), nullable=True),
        sa.Column("what_zh_hant", sa.String(length=1000), nullable=True),
        sa.Column("risk_note", sa.String(length=500), nullable=False),
        sa.Column("risk_note_en", sa.String(length=500), nullable=True),
        sa.Column("protection_note", sa.String(length=500), nullable=False),
        sa.Column("protection_note_en", sa.String(length=500), nullable=True),
        sa.Column("risk_level", sa.String(length=32), nullable=False),
        sa.Column("insurance_policy_no", sa.String(length=60), nullable=True),
        sa.Column("min_age", sa.Integer(), nullable=True),
        sa.Column("needs", sa.String(length=60), nullable=True),
        sa.Column("beneficiaries", sa.String(length=120), nullable=False),
        sa.Column("beneficiaries_en", sa.String(length=160), nullable=True),
        sa.Column("organising_unit", sa.String(length=120), nullable=False),
        sa.Column("person_in_charge", sa.String(length=60), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "risk_level = 'low' OR (insurance_policy_no IS NOT NULL AND min_age IS NOT NULL AND min_age >= 18)",
            name=op.f("ck_volunteer_post_danger"),
        ),
        sa.CheckConstraint(
            "min_age IS NULL OR min_age BETWEEN 6 AND 90",
            name=op.f("ck_volunteer_post_age"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["person.id"], name=op.f("fk_volunteer_post_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_volunteer_post_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["programme.id"],
            name=op.f("fk_volunteer_post_programme_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteer_post")),
        sa.UniqueConstraint("external_id", name=op.f("uq_volunteer_post_external_id")),
    )
    with op.batch_alter_table("volunteer_post", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_volunteer_post_place_id"), ["place_id"], unique=False
        )

    op.create_table(
        "workshop_payout",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ledger_transaction_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state <> 'paid' OR (decided_by IS NOT NULL AND ledger_transaction_id IS NOT NULL)",
            name=op.f("ck_workshop_payout_paid"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_workshop_payout_amount")),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by",
            name=op.f("ck_workshop_payout_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["person.id"], name=op.f("fk_workshop_payout_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_workshop_payout_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["person.id"], name=op.f("fk_workshop_payout_proposed_by")
        ),
        sa.ForeignKeyConstraint(
            ["workshop_id"],
            ["workshop.id"],
            name=op.f("fk_workshop_payout_workshop_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop_payout")),
    )
    with op.batch_alter_table("workshop_payout", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_workshop_payout_workshop_id"), ["workshop_id"], unique=False
        )

    op.create_table(
        "basket_row",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("good_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_basket_row_quantity")),
        sa.ForeignKeyConstraint(
            ["good_id"], ["good.id"], name=op.f("fk_basket_row_good_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_basket_row_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basket_row")),
        sa.UniqueConstraint(
            "person_id", "good_id", name=op.f("uq_basket_row_person_id_good_id")
        ),
    )
    op.create_table(
        "good_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("good_id", sa.Uuid(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("best_before", sa.Date(), nullable=True),
        sa.Column("conformity_cert_no", sa.String(length=60), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("sold", sa.Integer(), nullable=False),
        sa.Column("written_off", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "best_before IS NULL OR best_before >= made_on",
            name=op.f("ck_good_batch_dates"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_good_batch_quantity")),
        sa.CheckConstraint(
            "reserved + sold + written_off <= quantity",
            name=op.f("ck_good_batch_not_more_than_made"),
        ),
        sa.CheckConstraint(
            "reserved >= 0 AND sold >= 0 AND written_off >= 0",
            name=op.f("ck_good_batch_not_below_zero"),
        ),
        sa.ForeignKeyConstraint(
            ["good_id"], ["good.id"], name=op.f("fk_good_batch_good_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_good_batch")),
    )
    with op.batch_alter_table("good_batch", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_good_batch_good_id"), ["good_id"], unique=False
        )

    op.create_table(
        "goods_order_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("good_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price_cny", sa.BigInteger(), nullable=False),
        sa.Column("total_cny", sa.BigInteger(), nullable=False),
        sa.Column("points_price", sa.BigInteger(), nullable=True),
        sa.Column("commission_percent", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_goods_order_line_quantity")),
        sa.CheckConstraint(
            "total_cny = quantity * price_cny", name=op.f("ck_goods_order_line_total")
        ),
        sa.ForeignKeyConstraint(
            ["good_id"], ["good.id"], name=op.f("fk_goods_order_line_good_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["goods_order.id"], name=op.f("fk_goods_order_line_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_order_line")),
        sa.UniqueConstraint(
            "order_id", "good_id", name=op.f("uq_goods_order_line_order_id_good_id")
        ),
    )
    with op.batch_alter_table("goods_order_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_goods_order_line_good_id"), ["good_id"], unique=False
        )

    op.create_table(
        "ledger_hold_resolution",
        sa.Column(
            "hold_id", sa.Uuid().with_variant(sa.Text(), "sqlite"), nullable=False
        ),
        sa.Column(
            "transaction_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "captured",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "captured >= 0", name=op.f("ck_ledger_hold_resolution_captured")
        ),
        sa.ForeignKeyConstraint(
            ["hold_id"], ["ledger_hold.id"], name="fk_ledger_hold_resolution_hold"
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transaction.id"],
            name="fk_ledger_hold_resolution_transaction",
        ),
        sa.PrimaryKeyConstraint("hold_id", name="pk_ledger_hold_resolution"),
        sa.UniqueConstraint(
            "transaction_id", name="uq_ledger_hold_resolution_transaction"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "licence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("scope", sa.String(length=200), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_by", sa.Uuid(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(organisation_id IS NULL) <> (person_id IS NULL)",
            name=op.f("ck_licence_one_holder"),
        ),
        sa.CheckConstraint("expires_on >= valid_from", name=op.f("ck_licence_dates")),
        sa.CheckConstraint(
            "seen_by IS NULL OR added_by IS NULL OR seen_by <> added_by",
            name=op.f("ck_licence_seen_by_second"),
        ),
        sa.CheckConstraint(
            "seen_by IS NULL OR person_id IS NULL OR seen_by <> person_id",
            name=op.f("ck_licence_seen_by_another"),
        ),
        sa.ForeignKeyConstraint(
            ["added_by"], ["person.id"], name=op.f("fk_licence_added_by")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_licence_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_licence_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["seen_by"], ["person.id"], name=op.f("fk_licence_seen_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence")),
        sa.UniqueConstraint(
            "kind",
            "number",
            "valid_from",
            name=op.f("uq_licence_kind_number_valid_from"),
        ),
    )
    with op.batch_alter_table("licence", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_licence_expires_on"), ["expires_on"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_licence_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_licence_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_membership_dates")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_membership_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_membership_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint(
            "organisation_id",
            "person_id",
            name=op.f("uq_membership_organisation_id_person_id"),
        ),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_membership_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "redemption",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reward_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pickup_code", sa.String(length=8), nullable=True),
        sa.Column("collect_by", sa.Date(), nullable=True),
        sa.Column("handed_over_by", sa.Uuid(), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'handed_over' OR handed_over_at IS NOT NULL",
            name=op.f("ck_redemption_handed_over"),
        ),
        sa.CheckConstraint(
            "handed_over_by <> entered_by", name=op.f("ck_redemption_two_people")
        ),
        sa.CheckConstraint(
            "handed_over_by <> person_id", name=op.f("ck_redemption_not_to_oneself")
        ),
        sa.CheckConstraint("points >= 0", name=op.f("ck_redemption_points")),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["person.id"], name=op.f("fk_redemption_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["handed_over_by"], ["person.id"], name=op.f("fk_redemption_handed_over_by")
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["stock_lot.id"], name=op.f("fk_redemption_lot_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_redemption_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_redemption_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["reward_id"], ["reward_item.id"], name=op.f("fk_redemption_reward_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_redemption_hold_id")),
        sa.UniqueConstraint("pickup_code", name=op.f("uq_redemption_pickup_code")),
    )
    with op.batch_alter_table("redemption", schema=None) as batch_op:
        batch_op.create_index(
            "ix_redemption_person_placed", ["person_id", "placed_at"], unique=False
        )
        batch_op.create_index(
            "ix_redemption_place_state", ["place_id", "state"], unique=False
        )
        batch_op.create_index(
            "ix_redemption_reward_person", ["reward_id", "person_id"], unique=False
        )
        batch_op.create_index(
            "ix_redemption_state_effective", ["state", "effective_at"], unique=False
        )

    op.create_table(
        "shift",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("people_wanted", sa.Integer(), nullable=False),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("cancel_reason", sa.String(length=200), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state <> 'cancelled' OR cancel_reason IS NOT NULL",
            name=op.f("ck_shift_cancel_reason"),
        ),
        sa.CheckConstraint(
            "claimed >= 0 AND claimed <= people_wanted", name=op.f("ck_shift_claimed")
        ),
        sa.CheckConstraint(
            "people_wanted BETWEEN 1 AND 500", name=op.f("ck_shift_people_wanted")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_shift_order")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["person.id"], name=op.f("fk_shift_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_shift_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["volunteer_post.id"], name=op.f("fk_shift_post_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
        sa.UniqueConstraint("external_id", name=op.f("uq_shift_external_id")),
        sa.UniqueConstraint(
            "post_id",
            "place_id",
            "starts_at",
            name=op.f("uq_shift_post_id_place_id_starts_at"),
        ),
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index(
            "ix_shift_place_id_starts_at", ["place_id", "starts_at"], unique=False
        )
        batch_op.create_index("ix_shift_starts_at", ["starts_at"], unique=False)

    op.create_table(
        "goods_order_pick",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_goods_order_pick_quantity")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["good_batch.id"], name=op.f("fk_goods_order_pick_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["goods_order_line.id"],
            name=op.f("fk_goods_order_pick_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["goods_order.id"], name=op.f("fk_goods_order_pick_order_id")
        ),
        sa.PrimaryKeyConstraint(
            "line_id", "batch_id", name=op.f("pk_goods_order_pick")
        ),
    )
    with op.batch_alter_table("goods_order_pick", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_goods_order_pick_order_id"), ["order_id"], unique=False
        )

    op.create_table(
        "offering",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("service_nature", sa.String(length=32), nullable=False),
        sa.Column("price_mode", sa.String(length=32), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=True),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        sa.Column("price_cny", sa.BigInteger(), nullable=True),
        sa.Column("price_unit", sa.String(length=40), nullable=True),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("audiences", sa.JSON(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("title_en", sa.String(length=160), nullable=True),
        sa.Column("title_zh_hant", sa.String(length=80), nullable=True),
        sa.Column("summary", sa.String(length=200), nullable=True),
        sa.Column("summary_en", sa.String(length=400), nullable=True),
        sa.Column("summary_zh_hant", sa.String(length=200), nullable=True),
        sa.Column("body", sa.String(length=6000), nullable=True),
        sa.Column("body_en", sa.String(length=12000), nullable=True),
        sa.Column("body_zh_hant", sa.String(length=6000), nullable=True),
        sa.Column("risk_note", sa.String(length=500), nullable=True),
        sa.Column("protection_note", sa.String(length=500), nullable=True),
        sa.Column("needs_licence", sa.String(length=32), nullable=True),
        sa.Column("exemption_id", sa.Uuid(), nullable=True),
        sa.Column("is_home_visit", sa.Boolean(), nullable=False),
        sa.Column("is_inclusive", sa.Boolean(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("needs_check", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("listed_from", sa.Date(), nullable=True),
        sa.Column("listed_until", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(price_mode = 'free' AND points IS NULL AND price_cny IS NULL) OR (price_mode = 'points' AND points IS NOT NULL AND points > 0 AND programme_id IS NOT NULL AND price_cny IS NULL) OR (price_mode = 'cny' AND price_cny IS NOT NULL AND price_cny > 0 AND points IS NULL)",
            name=op.f("ck_offering_price"),
        ),
        sa.CheckConstraint(
            "(service_nature = 'volunteer' AND price_mode IN ('free', 'points')) OR (service_nature IN ('public_benefit_free', 'government') AND price_mode = 'free') OR (service_nature IN ('low_fee', 'market') AND price_mode = 'cny')",
            name=op.f("ck_offering_nature_price"),
        ),
        sa.CheckConstraint(
            "service_nature NOT IN ('low_fee', 'market') OR organisation_id IS NOT NULL OR exemption_id IS NOT NULL",
            name=op.f("ck_offering_paid_by_organisation"),
        ),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_offering_capacity")),
        sa.CheckConstraint(
            "listed_from IS NULL OR listed_until IS NULL OR listed_from <= listed_until",
            name=op.f("ck_offering_window"),
        ),
        sa.CheckConstraint(
            "organisation_id IS NOT NULL OR provider_id IS NOT NULL",
            name=op.f("ck_offering_provider"),
        ),
        sa.CheckConstraint(
            "reviewer_id IS NULL OR reviewer_id <> author_id",
            name=op.f("ck_offering_reviewer"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_offering_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["exemption_id"], ["licence.id"], name=op.f("fk_offering_exemption_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_offering_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_offering_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_offering_programme_id")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["person.id"], name=op.f("fk_offering_provider_id")
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["person.id"], name=op.f("fk_offering_reviewer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering")),
        sa.UniqueConstraint("external_id", name=op.f("uq_offering_external_id")),
        sa.UniqueConstraint("id", "author_id", name=op.f("uq_offering_id_author_id")),
    )
    with op.batch_alter_table("offering", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_offering_author_id"), ["author_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_offering_category"), ["category"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_offering_is_inclusive"), ["is_inclusive"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_offering_needs_licence"), ["needs_licence"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_offering_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_offering_place_id"), ["place_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_offering_provider_id"), ["provider_id"], unique=False
        )
        batch_op.create_index(
            "ix_offering_state_place_id", ["state", "place_id"], unique=False
        )

    op.create_table(
        "shift_claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("let_go_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("let_go_reason", sa.String(length=200), nullable=True),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_method", sa.String(length=32), nullable=True),
        sa.Column("in_window", sa.Integer(), nullable=True),
        sa.Column("out_window", sa.Integer(), nullable=True),
        sa.Column("fixed_by", sa.Uuid(), nullable=True),
        sa.Column("fix_reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "checked_out_at IS NULL OR checked_out_at > checked_in_at",
            name=op.f("ck_shift_claim_order"),
        ),
        sa.CheckConstraint(
            "fixed_by IS NULL OR fixed_by <> person_id",
            name=op.f("ck_shift_claim_fixed_by"),
        ),
        sa.ForeignKeyConstraint(
            ["fixed_by"], ["person.id"], name=op.f("fk_shift_claim_fixed_by")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_shift_claim_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_shift_claim_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["shift.id"], name=op.f("fk_shift_claim_shift_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_claim")),
        sa.UniqueConstraint(
            "person_id",
            "place_id",
            "in_window",
            name=op.f("uq_shift_claim_person_id_place_id_in_window"),
        ),
        sa.UniqueConstraint(
            "person_id",
            "place_id",
            "out_window",
            name=op.f("uq_shift_claim_person_id_place_id_out_window"),
        ),
    )
    with op.batch_alter_table("shift_claim", schema=None) as batch_op:
        batch_op.create_index(
            "ix_shift_claim_person_id_starts_at",
            ["person_id", "starts_at"],
            unique=False,
        )
        batch_op.create_index(
            "uq_shift_claim_live",
            ["shift_id", "person_id"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('undone', 'withdrawn', 'cancelled')"),
            postgresql_where=sa.text(
                "state NOT IN ('undone', 'withdrawn', 'cancelled')"
            ),
        )

    op.create_table(
        "offering_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "decision = 'approved' OR reason IS NOT NULL",
            name=op.f("ck_offering_review_reason_given"),
        ),
        sa.CheckConstraint(
            "reviewer_id <> author_id", name=op.f("ck_offering_review_another_person")
        ),
        sa.ForeignKeyConstraint(
            ["offering_id", "author_id"],
            ["offering.id", "offering.author_id"],
            name=op.f("fk_offering_review_offering_id_author_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["person.id"], name=op.f("fk_offering_review_reviewer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_review")),
    )
    with op.batch_alter_table("offering_review", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_offering_review_offering_id"), ["offering_id"], unique=False
        )

    op.create_table(
        "offering_revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> author_id",
            name=op.f("ck_offering_revision_another_person"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_offering_revision_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["person.id"], name=op.f("fk_offering_revision_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["offering_id"],
            ["offering.id"],
            name=op.f("fk_offering_revision_offering_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_revision")),
    )
    with op.batch_alter_table("offering_revision", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_offering_revision_offering_id"),
            ["offering_id"],
            unique=False,
        )
        batch_op.create_index(
            "uq_offering_revision_waiting",
            ["offering_id"],
            unique=True,
            sqlite_where=sa.text("state = 'submitted'"),
            postgresql_where=sa.text("state = 'submitted'"),
        )

    op.create_table(
        "service_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("activity", sa.String(length=120), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.String(length=1000), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("organising_unit", sa.String(length=120), nullable=False),
        sa.Column("person_in_charge", sa.String(length=60), nullable=False),
        sa.Column("beneficiaries", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("evidence", sa.String(length=300), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("verifier_id", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second_approver_id", sa.Uuid(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reject_reason", sa.String(length=300), nullable=True),
        sa.Column("hours", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("rule_version", sa.Integer(), nullable=True),
        sa.Column("ledger_transaction", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind = 'captured' OR (reason IS NOT NULL AND evidence IS NOT NULL)",
            name=op.f("ck_service_record_supplement_has_evidence"),
        ),
        sa.CheckConstraint(
            "kind = 'captured' OR state <> 'posted' OR second_approver_id IS NOT NULL",
            name=op.f("ck_service_record_supplement_has_second"),
        ),
        sa.CheckConstraint(
            "state <> 'posted' OR verifier_id IS NOT NULL",
            name=op.f("ck_service_record_posted_is_verified"),
        ),
        sa.CheckConstraint(
            "state <> 'rejected' OR reject_reason IS NOT NULL",
            name=op.f("ck_service_record_reject_reason"),
        ),
        sa.CheckConstraint(
            "state = 'posted' OR ledger_transaction IS NULL",
            name=op.f("ck_service_record_credit_is_posted"),
        ),
        sa.CheckConstraint(
            "minutes BETWEEN 1 AND 1440", name=op.f("ck_service_record_minutes")
        ),
        sa.CheckConstraint(
            "second_approver_id <> person_id AND second_approver_id <> entered_by AND second_approver_id <> verifier_id",
            name=op.f("ck_service_record_second_is_another"),
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_service_record_order")),
        sa.CheckConstraint(
            "verifier_id <> entered_by", name=op.f("ck_service_record_not_ones_entry")
        ),
        sa.CheckConstraint(
            "verifier_id <> person_id", name=op.f("ck_service_record_not_ones_own")
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["shift_claim.id"], name=op.f("fk_service_record_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["person.id"], name=op.f("fk_service_record_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_service_record_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_service_record_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["volunteer_post.id"], name=op.f("fk_service_record_post_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["programme.id"],
            name=op.f("fk_service_record_programme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["second_approver_id"],
            ["person.id"],
            name=op.f("fk_service_record_second_approver_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["shift.id"], name=op.f("fk_service_record_shift_id")
        ),
        sa.ForeignKeyConstraint(
            ["verifier_id"], ["person.id"], name=op.f("fk_service_record_verifier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_record")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_service_record_claim_id")),
    )
    with op.batch_alter_table("service_record", schema=None) as batch_op:
        batch_op.create_index(
            "ix_service_record_person_id_day", ["person_id", "day"], unique=False
        )
        batch_op.create_index("ix_service_record_shift_id", ["shift_id"], unique=False)
        batch_op.create_index(
            "ix_service_record_waiting",
            ["place_id", "recorded_at"],
            unique=False,
            sqlite_where=sa.text(
                "state IN ('supplement_requested', 'pending_verification', 'awaiting_second')"
            ),
            postgresql_where=sa.text(
                "state IN ('supplement_requested', 'pending_verification', 'awaiting_second')"
            ),
        )

    op.create_table(
        "slot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_slot_order")),
        sa.CheckConstraint(
            "taken >= 0 AND taken <= capacity", name=op.f("ck_slot_seats")
        ),
        sa.ForeignKeyConstraint(
            ["offering_id"], ["offering.id"], name=op.f("fk_slot_offering_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
        sa.UniqueConstraint(
            "offering_id", "starts_at", name=op.f("uq_slot_offering_id_starts_at")
        ),
    )
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.create_index("ix_slot_starts_at", ["starts_at"], unique=False)

    op.create_table(
        "booking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price_mode", sa.String(length=32), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=True),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        sa.Column("price_cny", sa.BigInteger(), nullable=True),
        sa.Column("price_unit", sa.String(length=40), nullable=True),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("comment", sa.String(length=500), nullable=True),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(price_mode = 'points') = (hold_id IS NOT NULL)",
            name=op.f("ck_booking_points_held"),
        ),
        sa.CheckConstraint(
            "price_mode <> 'points' OR points > 0", name=op.f("ck_booking_points")
        ),
        sa.CheckConstraint(
            "stars IS NULL OR state = 'completed'", name=op.f("ck_booking_rated")
        ),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> resident_id",
            name=op.f("ck_booking_two_sides"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_booking_order")),
        sa.CheckConstraint(
            "provider_id IS NULL OR provider_id <> resident_id",
            name=op.f("ck_booking_not_own"),
        ),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_booking_stars")),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["person.id"], name=op.f("fk_booking_closed_by")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["person.id"], name=op.f("fk_booking_confirmed_by")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["person.id"], name=op.f("fk_booking_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["offering_id"], ["offering.id"], name=op.f("fk_booking_offering_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_booking_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_booking_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_booking_programme_id")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["person.id"], name=op.f("fk_booking_provider_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["person.id"], name=op.f("fk_booking_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("fk_booking_slot_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_booking_hold_id")),
    )
    with op.batch_alter_table("booking", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_booking_offering_id"), ["offering_id"], unique=False
        )
        batch_op.create_index(
            "ix_booking_organisation_starts",
            ["organisation_id", "starts_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_booking_place_id"), ["place_id"], unique=False
        )
        batch_op.create_index(
            "ix_booking_provider_starts", ["provider_id", "starts_at"], unique=False
        )
        batch_op.create_index(
            "ix_booking_resident_starts", ["resident_id", "starts_at"], unique=False
        )
        batch_op.create_index(
            "ix_booking_state_starts", ["state", "starts_at"], unique=False
        )
        batch_op.create_index(
            "uq_booking_slot_resident_live",
            ["slot_id", "resident_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('requested', 'confirmed')"),
            postgresql_where=sa.text("state IN ('requested', 'confirmed')"),
        )

    connection = op.get_bind()
    ledger.install_guards(connection)
    volunteering.install_guards(connection)
    with Session(connection, join_transaction_mode="rollback_only") as session:
        ledger.ensure_units(session)
        session.flush()


def downgrade() -> None:
    raise NotImplementedError("the first tables hold the book; nothing goes back")
