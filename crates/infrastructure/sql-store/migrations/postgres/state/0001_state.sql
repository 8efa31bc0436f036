-- The tables of migrations/sqlite/state, in the types of PostgreSQL. Text is compared byte by byte (COLLATE "C"), whatever the database says.
-- Every table keeps its objects whole in `document`; the columns beside it are those that lists filter and order by
-- (the schema of the entity), `<name>_key` the natural key of a name, `search` the words that `search=` looks into.
-- Indexes for lists are not here: they follow from the schemas (src/state/indexes.rs).

CREATE TABLE sequences (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO sequences (name, value) VALUES ('outbox', 0);

-- devices ------------------------------------------------------------------------------------------------------------

CREATE TABLE realms (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    is_default BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    name_key   TEXT COLLATE "C" NOT NULL,
    search     TEXT COLLATE "C" NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX realms_name ON realms (name);

CREATE TABLE sites (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    parent_id  UUID REFERENCES sites (id) DEFERRABLE,
    created_at BIGINT NOT NULL,
    name_key   TEXT COLLATE "C" NOT NULL,
    search     TEXT COLLATE "C" NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX sites_name ON sites (parent_id, name);
CREATE UNIQUE INDEX sites_top_name ON sites (name) WHERE parent_id IS NULL;

CREATE TABLE tags (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    name_key   TEXT COLLATE "C" NOT NULL,
    search     TEXT COLLATE "C" NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX tags_name ON tags (name);

CREATE TABLE devices (
    id           UUID PRIMARY KEY,
    version      BIGINT NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    primary_ip   BYTEA NOT NULL,
    status       TEXT COLLATE "C" NOT NULL,
    site_id      UUID REFERENCES sites (id),
    realm_id     UUID NOT NULL REFERENCES realms (id),
    role         TEXT COLLATE "C",
    vendor       TEXT COLLATE "C",
    model        TEXT COLLATE "C",
    os           TEXT COLLATE "C",
    os_version   TEXT COLLATE "C",
    serial       TEXT COLLATE "C",
    chassis_id   TEXT COLLATE "C",
    sys_name     TEXT COLLATE "C",
    sys_location TEXT COLLATE "C",
    engine_id    TEXT COLLATE "C",
    monitored    BOOLEAN NOT NULL,
    tags         TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    name_key     TEXT COLLATE "C" NOT NULL,
    search       TEXT COLLATE "C" NOT NULL,
    document     TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX devices_address ON devices (realm_id, primary_ip);

CREATE TABLE device_groups (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    name_key   TEXT COLLATE "C" NOT NULL,
    search     TEXT COLLATE "C" NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX device_groups_name ON device_groups (name);

-- what `device_ids` of the documents say, for scopes
CREATE TABLE device_group_members (
    group_id  UUID NOT NULL REFERENCES device_groups (id) ON DELETE CASCADE,
    device_id UUID NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, device_id)
);
CREATE INDEX device_group_members_device ON device_group_members (device_id);

CREATE TABLE ignored (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    address    BYTEA NOT NULL,
    realm_id   UUID NOT NULL REFERENCES realms (id),
    created_at BIGINT NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX ignored_address ON ignored (realm_id, address);

CREATE TABLE credentials (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    name_key   TEXT COLLATE "C" NOT NULL,
    search     TEXT COLLATE "C" NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX credentials_name ON credentials (name);

CREATE TABLE device_states (
    id       UUID PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    version  BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL
);

CREATE TABLE interfaces (
    id           UUID PRIMARY KEY,
    version      BIGINT NOT NULL,
    device_id    UUID NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    name         TEXT COLLATE "C" NOT NULL,
    if_index     BIGINT NOT NULL,
    alias        TEXT COLLATE "C",
    kind         TEXT COLLATE "C",
    mac          TEXT COLLATE "C",
    speed_bps    BIGINT,
    admin_status TEXT COLLATE "C" NOT NULL,
    oper_status  TEXT COLLATE "C" NOT NULL,
    monitored    BOOLEAN NOT NULL,
    name_key     TEXT COLLATE "C" NOT NULL,
    search       TEXT COLLATE "C" NOT NULL,
    document     TEXT COLLATE "C" NOT NULL
);

CREATE TABLE addresses (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    device_id  UUID NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    address    BYTEA NOT NULL,
    realm_id   UUID NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX addresses_of_device ON addresses (device_id, address);

CREATE TABLE neighbours (
    id               UUID PRIMARY KEY,
    version          BIGINT NOT NULL,
    device_id        UUID NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    remote_device_id UUID,
    protocol         TEXT COLLATE "C" NOT NULL,
    local_port       TEXT COLLATE "C" NOT NULL,
    system_name      TEXT COLLATE "C",
    last_seen        BIGINT NOT NULL,
    local_port_key   TEXT COLLATE "C" NOT NULL,
    search           TEXT COLLATE "C" NOT NULL,
    document         TEXT COLLATE "C" NOT NULL
);

CREATE TABLE checks (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    device_id  UUID REFERENCES devices (id) ON DELETE CASCADE,
    kind       TEXT COLLATE "C" NOT NULL,
    status     TEXT COLLATE "C" NOT NULL,
    enabled    BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    name_key   TEXT COLLATE "C" NOT NULL,
    search     TEXT COLLATE "C" NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);

-- topology -----------------------------------------------------------------------------------------------------------

CREATE TABLE discoveries (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    realm_id   UUID NOT NULL REFERENCES realms (id),
    created_at BIGINT NOT NULL,
    name_key   TEXT COLLATE "C" NOT NULL,
    search     TEXT COLLATE "C" NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);

CREATE TABLE discovery_runs (
    id           UUID PRIMARY KEY,
    version      BIGINT NOT NULL,
    discovery_id UUID NOT NULL REFERENCES discoveries (id) ON DELETE CASCADE,
    status       TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    document     TEXT COLLATE "C" NOT NULL
);

CREATE TABLE discovery_results (
    id        UUID PRIMARY KEY,
    version   BIGINT NOT NULL,
    run_id    UUID NOT NULL REFERENCES discovery_runs (id) ON DELETE CASCADE,
    address   BYTEA NOT NULL,
    outcome   TEXT COLLATE "C" NOT NULL,
    device_id UUID,
    found_at  BIGINT NOT NULL,
    document  TEXT COLLATE "C" NOT NULL
);

CREATE TABLE links (
    id               UUID PRIMARY KEY,
    version          BIGINT NOT NULL,
    source_device_id UUID REFERENCES devices (id) ON DELETE CASCADE,
    target_device_id UUID REFERENCES devices (id) ON DELETE CASCADE,
    confidence       DOUBLE PRECISION NOT NULL,
    present          BOOLEAN NOT NULL,
    first_seen       BIGINT NOT NULL,
    last_seen        BIGINT NOT NULL,
    document         TEXT COLLATE "C" NOT NULL
);

CREATE TABLE layouts (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    name_key   TEXT COLLATE "C" NOT NULL,
    search     TEXT COLLATE "C" NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX layouts_name ON layouts (name);

-- alerts -------------------------------------------------------------------------------------------------------------

-- History is partitioned by month (src/state/history.rs): an id is a UUIDv7 and begins with the time at which it was made, so that ranges
-- of ids are ranges of time, and the id alone stays unique. What fits no month is in `…_rest`.
-- no reference to devices: what happened stays when the device is gone
CREATE TABLE alerts (
    id              UUID PRIMARY KEY,
    version         BIGINT NOT NULL,
    status          TEXT COLLATE "C" NOT NULL,
    severity        TEXT COLLATE "C" NOT NULL,
    rule_id         UUID,
    device_id       UUID,
    interface_id    UUID,
    site_id         UUID,
    title           TEXT COLLATE "C" NOT NULL,
    dedup_key       TEXT COLLATE "C" NOT NULL,
    open            BOOLEAN NOT NULL,
    raised_at       BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL,
    resolved_at     BIGINT,
    acknowledged_by TEXT COLLATE "C",
    search          TEXT COLLATE "C" NOT NULL,
    document        TEXT COLLATE "C" NOT NULL
) PARTITION BY RANGE (id);
CREATE TABLE alerts_rest PARTITION OF alerts DEFAULT;
-- One alert of a key is open. A unique index cannot reach over partitions, so the keys that are taken have a table.
CREATE TABLE open_alerts (
    dedup_key TEXT COLLATE "C" PRIMARY KEY
);
CREATE FUNCTION hold_open_alert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.open THEN
        DELETE FROM open_alerts WHERE dedup_key = OLD.dedup_key;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.open THEN
        INSERT INTO open_alerts (dedup_key) VALUES (NEW.dedup_key);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER alerts_written AFTER INSERT OR DELETE ON alerts FOR EACH ROW EXECUTE FUNCTION hold_open_alert();
CREATE TRIGGER alerts_changed AFTER UPDATE OF open, dedup_key ON alerts FOR EACH ROW EXECUTE FUNCTION hold_open_alert();

CREATE TABLE alert_rules (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    enabled    BOOLEAN NOT NULL,
    severity   TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    name_key   TEXT COLLATE "C" NOT NULL,
    search     TEXT COLLATE "C" NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX alert_rules_name ON alert_rules (name);

CREATE TABLE channels (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    enabled    BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    name_key   TEXT COLLATE "C" NOT NULL,
    search     TEXT COLLATE "C" NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX channels_name ON channels (name);

CREATE TABLE deliveries (
    id              UUID PRIMARY KEY,
    version         BIGINT NOT NULL,
    channel_id      UUID NOT NULL,
    alert_id        UUID,
    status          TEXT COLLATE "C" NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    document        TEXT COLLATE "C" NOT NULL
);

-- identity -----------------------------------------------------------------------------------------------------------

CREATE TABLE users (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    username   TEXT COLLATE "C" NOT NULL,
    email      TEXT COLLATE "C",
    disabled   BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    search     TEXT COLLATE "C" NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX users_username ON users (username);

CREATE TABLE roles (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    search     TEXT COLLATE "C" NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX roles_name ON roles (name);

CREATE TABLE api_keys (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    hash       TEXT COLLATE "C" NOT NULL,
    owner_id   UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    name_key   TEXT COLLATE "C" NOT NULL,
    search     TEXT COLLATE "C" NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
CREATE INDEX api_keys_owner ON api_keys (owner_id);

CREATE TABLE sessions (
    id           UUID PRIMARY KEY,
    version      BIGINT NOT NULL,
    user_id      UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash         TEXT COLLATE "C" NOT NULL,
    refresh_hash TEXT COLLATE "C",
    expires_at   BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    document     TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX sessions_hash ON sessions (hash);
CREATE UNIQUE INDEX sessions_refresh_hash ON sessions (refresh_hash);

-- system -------------------------------------------------------------------------------------------------------------

CREATE TABLE audit (
    id            UUID PRIMARY KEY,
    version       BIGINT NOT NULL,
    at            BIGINT NOT NULL,
    actor_id      UUID,
    actor_name    TEXT COLLATE "C" NOT NULL,
    action        TEXT COLLATE "C" NOT NULL,
    resource_type TEXT COLLATE "C" NOT NULL,
    resource_id   UUID,
    outcome       TEXT COLLATE "C" NOT NULL,
    search        TEXT COLLATE "C" NOT NULL,
    document      TEXT COLLATE "C" NOT NULL
) PARTITION BY RANGE (id);
CREATE TABLE audit_rest PARTITION OF audit DEFAULT;

-- the outbox: `ordinal` is the order of insertion, `seq` the number under which an event is published
CREATE SEQUENCE events_ordinal;
CREATE TABLE events (
    ordinal      BIGINT NOT NULL DEFAULT nextval('events_ordinal'),
    id           UUID PRIMARY KEY,
    version      BIGINT NOT NULL,
    type         TEXT COLLATE "C" NOT NULL,
    device_id    UUID,
    subject_type TEXT COLLATE "C" NOT NULL,
    subject_id   UUID,
    severity     TEXT COLLATE "C" NOT NULL,
    occurred_at  BIGINT NOT NULL,
    search       TEXT COLLATE "C" NOT NULL,
    seq          BIGINT,
    document     TEXT COLLATE "C" NOT NULL
) PARTITION BY RANGE (id);
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE INDEX events_seq ON events (seq) WHERE seq IS NOT NULL;
CREATE INDEX events_unstamped ON events (ordinal) WHERE seq IS NULL;

CREATE TABLE jobs (
    id              UUID PRIMARY KEY,
    version         BIGINT NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,
    status          TEXT COLLATE "C" NOT NULL,
    run_at          BIGINT NOT NULL,
    lease_until     BIGINT,
    requested_by_id UUID,
    created_at      BIGINT NOT NULL,
    search          TEXT COLLATE "C" NOT NULL,
    fencing         BIGINT NOT NULL,
    document        TEXT COLLATE "C" NOT NULL
);
CREATE INDEX jobs_due ON jobs (status, run_at, id);

CREATE TABLE idempotency (
    id         UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    key        TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    document   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX idempotency_key ON idempotency (key);
