-- The changes of migrations/sqlite/samples/0002_rollups.sql, in the types of PostgreSQL.
-- Rollups are sets of their own, named after the samples they are made of and the seconds of a bucket: `interface`, `interface_300`,
-- `interface_3600` (src/samples/layer.rs).

-- what is older is forgotten, in milliseconds since 1970, a multiple of the windows of the set
ALTER TABLE sets ADD COLUMN kept_from BIGINT NOT NULL DEFAULT 0;

-- whether the blocks of the window are rolled up; those of earlier versions are not
ALTER TABLE windows ADD COLUMN rolled BIGINT NOT NULL DEFAULT 0;
