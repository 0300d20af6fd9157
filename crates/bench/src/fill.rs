//! A large installation, written straight into the database.

use std::path::Path;

use anyhow::Context as _;
use sea_orm::ConnectionTrait as _;

/// Users, groups and finished jobs; each statement makes its rows from a counter.
pub(crate) async fn fill(data_dir: &Path, users: u32, groups: u32, jobs: u32) -> anyhow::Result<()> {
    let url = format!("sqlite://{}", data_dir.join("portico.db").display());
    let connection = sea_orm::Database::connect(url).await?;
    let counter = |many: u32| {
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})")
    };
    let id = |prefix: &str, value: &str| format!("unhex(printf('{prefix}%024x', {value}))");
    let statements = [
        format!(
            "{} INSERT INTO users (id, name, display_name, is_platform_admin, enabled, theme, time_zone, created_at, updated_at, searched)
             SELECT {}, printf('user%06d', i), printf('User %d', i), 0, 1, 'system', 'UTC', i, i,
                printf('user%06d' || char(10) || 'user %d' || char(10), i, i) FROM n",
            counter(users),
            id("aaaaaaaa", "i")
        ),
        format!(
            "{} INSERT INTO groups (id, name, path, display_name, created_at, updated_at)
             SELECT {}, printf('group%04d', i), printf('group%04d', i), printf('Group %d', i), i, i FROM n",
            counter(groups),
            id("bbbbbbbb", "i")
        ),
        // The first group gets a third of all jobs: a large group must be as fast as many small ones.
        format!(
            "{} INSERT INTO workloads (id, slug, kind, group_id, user_name, name, name_folded, instance_type, cpu_milli,
                memory_mib, gpu, image, digest, time_limit_s, asked, phase, cause, reason, generation, attempts, queued_at,
                submitted_at, started_at, finished_at)
             SELECT {}, printf('job-202601010000-%06x', i), 'job', {}, 'user000001', printf('train %d', i), printf('train %d', i),
                'cpu-1', 1000, 2048, 0, 'base', 'd', 0, 'run', 'succeeded', 'succeeded', '', 1, 1, i, i, i, i FROM n",
            counter(jobs),
            id("cccccccc", "i"),
            id("bbbbbbbb", &format!("CASE WHEN i % 3 = 0 THEN 1 ELSE i % {groups} + 1 END"))
        ),
        "INSERT INTO members (group_id, user_id, role, created_at) SELECT g.id, u.id, 'member', 1 FROM groups g, users u WHERE u.name = 'bench' AND g.name <> 'bench'".to_owned(),
        "ANALYZE".to_owned(),
    ];
    for statement in statements {
        connection
            .execute_unprepared(&statement)
            .await
            .with_context(|| statement.chars().take(80).collect::<String>())?;
    }
    connection.close().await?;
    Ok(())
}

/// Says that the images are ready without building them: empty environments.
pub(crate) async fn pretend_image(data_dir: &Path) -> anyhow::Result<()> {
    let url = format!("sqlite://{}", data_dir.join("portico.db").display());
    let connection = sea_orm::Database::connect(url).await?;
    connection
        .execute_unprepared("UPDATE environments SET state = 'ready', path = '', base_prefix = '/usr'")
        .await?;
    let statement = sea_orm::Statement::from_string(
        sea_orm::DatabaseBackend::Sqlite,
        "SELECT digest FROM environments".to_owned(),
    );
    for row in connection.query_all_raw(statement).await? {
        let digest: String = row.try_get("", "digest")?;
        let folder = folders::Layout::new(data_dir).environments().join(&digest);
        std::fs::create_dir_all(folder.join("environment"))?;
        let built = serde_json::json!({
            "digest": digest, "base_prefix": "/usr", "python_version": "3", "size_bytes": 0, "lock": "",
        });
        std::fs::write(folder.join("built.json"), built.to_string())?;
    }
    connection.close().await?;
    Ok(())
}
