-- Every table keeps its objects whole in `document`; the columns beside it are those that lists filter and order by
-- (the schema of the entity), `<name>_key` the natural key of a name, `search` the words that `search=` looks into.
-- Indexes for lists are not here: they follow from the schemas (src/state/indexes.rs).

CREATE TABLE sequences (
    name  TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO sequences (name, value) VALUES ('outbox', 0);

-- devices ------------------------------------------------------------------------------------------------------------

CREATE TABLE realms (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    is_default INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    name_key   TEXT NOT NULL,
    search     TEXT NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX realms_name ON realms (name);

CREATE TABLE sites (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    parent_id  BLOB REFERENCES sites (id),
    created_at INTEGER NOT NULL,
    name_key   TEXT NOT NULL,
    search     TEXT NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX sites_name ON sites (parent_id, name);
CREATE UNIQUE INDEX sites_top_name ON sites (name) WHERE parent_id IS NULL;

CREATE TABLE tags (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    name_key   TEXT NOT NULL,
    search     TEXT NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX tags_name ON tags (name);

CREATE TABLE devices (
    id           BLOB PRIMARY KEY NOT NULL,
    version      INTEGER NOT NULL,
    name         TEXT NOT NULL,
    primary_ip   BLOB NOT NULL,
    status       TEXT NOT NULL,
    site_id      BLOB REFERENCES sites (id),
    realm_id     BLOB NOT NULL REFERENCES realms (id),
    role         TEXT,
    vendor       TEXT,
    model        TEXT,
    os           TEXT,
    os_version   TEXT,
    serial       TEXT,
    chassis_id   TEXT,
    sys_name     TEXT,
    sys_location TEXT,
    engine_id    TEXT,
    monitored    INTEGER NOT NULL,
    tags         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    name_key     TEXT NOT NULL,
    search       TEXT NOT NULL,
    document     TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX devices_address ON devices (realm_id, primary_ip);

CREATE TABLE device_groups (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    name_key   TEXT NOT NULL,
    search     TEXT NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX device_groups_name ON device_groups (name);

-- what `device_ids` of the documents say, for scopes
CREATE TABLE device_group_members (
    group_id  BLOB NOT NULL REFERENCES device_groups (id) ON DELETE CASCADE,
    device_id BLOB NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_group_members_device ON device_group_members (device_id);

CREATE TABLE ignored (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    address    BLOB NOT NULL,
    realm_id   BLOB NOT NULL REFERENCES realms (id),
    created_at INTEGER NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX ignored_address ON ignored (realm_id, address);

CREATE TABLE credentials (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    name_key   TEXT NOT NULL,
    search     TEXT NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX credentials_name ON credentials (name);

CREATE TABLE device_states (
    id       BLOB PRIMARY KEY NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    version  INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;

CREATE TABLE interfaces (
    id           BLOB PRIMARY KEY NOT NULL,
    version      INTEGER NOT NULL,
    device_id    BLOB NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    if_index     INTEGER NOT NULL,
    alias        TEXT,
    kind         TEXT,
    mac          TEXT,
    speed_bps    INTEGER,
    admin_status TEXT NOT NULL,
    oper_status  TEXT NOT NULL,
    monitored    INTEGER NOT NULL,
    name_key     TEXT NOT NULL,
    search       TEXT NOT NULL,
    document     TEXT NOT NULL
) STRICT;

CREATE TABLE addresses (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    device_id  BLOB NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    address    BLOB NOT NULL,
    realm_id   BLOB NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX addresses_of_device ON addresses (device_id, address);

CREATE TABLE neighbours (
    id               BLOB PRIMARY KEY NOT NULL,
    version          INTEGER NOT NULL,
    device_id        BLOB NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    remote_device_id BLOB,
    protocol         TEXT NOT NULL,
    local_port       TEXT NOT NULL,
    system_name      TEXT,
    last_seen        INTEGER NOT NULL,
    local_port_key   TEXT NOT NULL,
    search           TEXT NOT NULL,
    document         TEXT NOT NULL
) STRICT;

CREATE TABLE checks (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    device_id  BLOB REFERENCES devices (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    status     TEXT NOT NULL,
    enabled    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    name_key   TEXT NOT NULL,
    search     TEXT NOT NULL,
    document   TEXT NOT NULL
) STRICT;

-- topology -----------------------------------------------------------------------------------------------------------

CREATE TABLE discoveries (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    realm_id   BLOB NOT NULL REFERENCES realms (id),
    created_at INTEGER NOT NULL,
    name_key   TEXT NOT NULL,
    search     TEXT NOT NULL,
    document   TEXT NOT NULL
) STRICT;

CREATE TABLE discovery_runs (
    id           BLOB PRIMARY KEY NOT NULL,
    version      INTEGER NOT NULL,
    discovery_id BLOB NOT NULL REFERENCES discoveries (id) ON DELETE CASCADE,
    status       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    document     TEXT NOT NULL
) STRICT;

CREATE TABLE discovery_results (
    id        BLOB PRIMARY KEY NOT NULL,
    version   INTEGER NOT NULL,
    run_id    BLOB NOT NULL REFERENCES discovery_runs (id) ON DELETE CASCADE,
    address   BLOB NOT NULL,
    outcome   TEXT NOT NULL,
    device_id BLOB,
    found_at  INTEGER NOT NULL,
    document  TEXT NOT NULL
) STRICT;

CREATE TABLE links (
    id               BLOB PRIMARY KEY NOT NULL,
    version          INTEGER NOT NULL,
    source_device_id BLOB REFERENCES devices (id) ON DELETE CASCADE,
    target_device_id BLOB REFERENCES devices (id) ON DELETE CASCADE,
    confidence       REAL NOT NULL,
    present          INTEGER NOT NULL,
    first_seen       INTEGER NOT NULL,
    last_seen        INTEGER NOT NULL,
    document         TEXT NOT NULL
) STRICT;

CREATE TABLE layouts (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    name_key   TEXT NOT NULL,
    search     TEXT NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX layouts_name ON layouts (name);

-- alerts -------------------------------------------------------------------------------------------------------------

-- no reference to devices: what happened stays when the device is gone
CREATE TABLE alerts (
    id              BLOB PRIMARY KEY NOT NULL,
    version         INTEGER NOT NULL,
    status          TEXT NOT NULL,
    severity        TEXT NOT NULL,
    rule_id         BLOB,
    device_id       BLOB,
    interface_id    BLOB,
    site_id         BLOB,
    title           TEXT NOT NULL,
    dedup_key       TEXT NOT NULL,
    open            INTEGER NOT NULL,
    raised_at       INTEGER NOT NULL,
    changed_at      INTEGER NOT NULL,
    resolved_at     INTEGER,
    acknowledged_by TEXT,
    search          TEXT NOT NULL,
    document        TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX alerts_open ON alerts (dedup_key) WHERE open;

CREATE TABLE alert_rules (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    enabled    INTEGER NOT NULL,
    severity   TEXT NOT NULL,
    subject    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    name_key   TEXT NOT NULL,
    search     TEXT NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX alert_rules_name ON alert_rules (name);

CREATE TABLE channels (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    enabled    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    name_key   TEXT NOT NULL,
    search     TEXT NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX channels_name ON channels (name);

CREATE TABLE deliveries (
    id              BLOB PRIMARY KEY NOT NULL,
    version         INTEGER NOT NULL,
    channel_id      BLOB NOT NULL,
    alert_id        BLOB,
    status          TEXT NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    document        TEXT NOT NULL
) STRICT;

-- identity -----------------------------------------------------------------------------------------------------------

CREATE TABLE users (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    username   TEXT NOT NULL,
    email      TEXT,
    disabled   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    search     TEXT NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX users_username ON users (username);

CREATE TABLE roles (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    search     TEXT NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX roles_name ON roles (name);

CREATE TABLE api_keys (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    hash       TEXT NOT NULL,
    owner_id   BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    name_key   TEXT NOT NULL,
    search     TEXT NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
CREATE INDEX api_keys_owner ON api_keys (owner_id);

CREATE TABLE sessions (
    id           BLOB PRIMARY KEY NOT NULL,
    version      INTEGER NOT NULL,
    user_id      BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash         TEXT NOT NULL,
    refresh_hash TEXT,
    expires_at   INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    document     TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX sessions_hash ON sessions (hash);
CREATE UNIQUE INDEX sessions_refresh_hash ON sessions (refresh_hash);

-- system -------------------------------------------------------------------------------------------------------------

CREATE TABLE audit (
    id            BLOB PRIMARY KEY NOT NULL,
    version       INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    actor_id      BLOB,
    actor_name    TEXT NOT NULL,
    action        TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    resource_id   BLOB,
    outcome       TEXT NOT NULL,
    search        TEXT NOT NULL,
    document      TEXT NOT NULL
) STRICT;

-- the outbox: `ordinal` is the order of insertion, `seq` the number under which an event is published
CREATE TABLE events (
    ordinal      INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id           BLOB NOT NULL UNIQUE,
    version      INTEGER NOT NULL,
    type         TEXT NOT NULL,
    device_id    BLOB,
    subject_type TEXT NOT NULL,
    subject_id   BLOB,
    severity     TEXT NOT NULL,
    occurred_at  INTEGER NOT NULL,
    search       TEXT NOT NULL,
    seq          INTEGER,
    document     TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_seq ON events (seq) WHERE seq IS NOT NULL;
CREATE INDEX events_unstamped ON events (ordinal) WHERE seq IS NULL;

CREATE TABLE jobs (
    id              BLOB PRIMARY KEY NOT NULL,
    version         INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    status          TEXT NOT NULL,
    run_at          INTEGER NOT NULL,
    lease_until     INTEGER,
    requested_by_id BLOB,
    created_at      INTEGER NOT NULL,
    search          TEXT NOT NULL,
    fencing         INTEGER NOT NULL,
    document        TEXT NOT NULL
) STRICT;
CREATE INDEX jobs_due ON jobs (status, run_at, id);

CREATE TABLE idempotency (
    id         BLOB PRIMARY KEY NOT NULL,
    version    INTEGER NOT NULL,
    key        TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX idempotency_key ON idempotency (key);
