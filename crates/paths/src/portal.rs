//! Pages of the portal.

use crate::pattern::paths;

paths! {
    /// Leads to the setup, the sign-in, or a group.
    Entrance() = "/";
    Asset(version, path) = "/assets/{version}/{*path}";
    Favicon() = "/favicon.ico";
    Setup() = "/setup";
    SignIn() = "/sign-in";
    SignOut() = "/sign-out";
    NoGroup() = "/no-group";
    Theme() = "/preferences/theme";
    Notifications() = "/notifications";
    NotificationsRead() = "/notifications/read";
    Palette() = "/palette";
    /// The REST API, for people.
    ApiDocs() = "/api/docs";
    /// Into a workload.
    Open(slug) = "/open/{slug}";

    /// A group's home.
    Home(group) = "/g/{group}";
    Events(group) = "/g/{group}/events";
    Settings(group) = "/g/{group}/settings";
    SettingsNotebooks(group) = "/g/{group}/settings/notebooks";

    Jobs(group) = "/g/{group}/jobs";
    JobNew(group) = "/g/{group}/jobs/new";
    JobSide(group) = "/g/{group}/jobs/side";
    Job(group, job) = "/g/{group}/jobs/{job}";
    JobLogs(group, job) = "/g/{group}/jobs/{job}/logs";
    JobNotebook(group, job) = "/g/{group}/jobs/{job}/notebook";
    JobNotebookDownload(group, job) = "/g/{group}/jobs/{job}/notebook/download";
    JobNotebookView(group, job) = "/g/{group}/jobs/{job}/notebook/view";
    JobEvents(group, job) = "/g/{group}/jobs/{job}/events";
    JobCancel(group, job) = "/g/{group}/jobs/{job}/cancel";
    JobRerun(group, job) = "/g/{group}/jobs/{job}/rerun";
    /// What the parts of a job's log lie beneath; nothing by itself.
    JobLog(group, job) = "/g/{group}/jobs/{job}/log";
    JobLogLines(group, job) = "/g/{group}/jobs/{job}/log/lines";
    JobLogSearch(group, job) = "/g/{group}/jobs/{job}/log/search";
    JobLogStream(group, job) = "/g/{group}/jobs/{job}/log/stream";
    JobLogDownload(group, job) = "/g/{group}/jobs/{job}/log/download";

    Notebooks(group) = "/g/{group}/notebooks";
    NotebookNew(group) = "/g/{group}/notebooks/new";
    NotebookSide(group) = "/g/{group}/notebooks/side";
    NotebookLaunch(group) = "/g/{group}/notebooks/launch";
    NotebookRun(group) = "/g/{group}/notebooks/run";
    Notebook(group, notebook) = "/g/{group}/notebooks/{notebook}";
    NotebookLogs(group, notebook) = "/g/{group}/notebooks/{notebook}/logs";
    NotebookStart(group, notebook) = "/g/{group}/notebooks/{notebook}/start";
    NotebookStop(group, notebook) = "/g/{group}/notebooks/{notebook}/stop";
    NotebookRestart(group, notebook) = "/g/{group}/notebooks/{notebook}/restart";
    NotebookSnooze(group, notebook) = "/g/{group}/notebooks/{notebook}/snooze";
    NotebookDelete(group, notebook) = "/g/{group}/notebooks/{notebook}/delete";
    NotebookPackagesReset(group, notebook) = "/g/{group}/notebooks/{notebook}/packages/reset";
    /// What the parts of a notebook's log lie beneath; nothing by itself.
    NotebookLog(group, notebook) = "/g/{group}/notebooks/{notebook}/log";
    NotebookLogLines(group, notebook) = "/g/{group}/notebooks/{notebook}/log/lines";
    NotebookLogSearch(group, notebook) = "/g/{group}/notebooks/{notebook}/log/search";
    NotebookLogStream(group, notebook) = "/g/{group}/notebooks/{notebook}/log/stream";
    NotebookLogDownload(group, notebook) = "/g/{group}/notebooks/{notebook}/log/download";

    Images(group) = "/g/{group}/images";
    ImageNew(group) = "/g/{group}/images/new";
    Image(group, image) = "/g/{group}/images/{image}";
    ImageEdit(group, image) = "/g/{group}/images/{image}/edit";
    ImageRebuild(group, image) = "/g/{group}/images/{image}/rebuild";
    ImageCancel(group, image) = "/g/{group}/images/{image}/cancel";
    ImageDeprecate(group, image) = "/g/{group}/images/{image}/deprecate";
    ImageRestore(group, image) = "/g/{group}/images/{image}/restore";
    ImageDelete(group, image) = "/g/{group}/images/{image}/delete";
    /// What the parts of an image's log lie beneath; nothing by itself.
    ImageLog(group, image) = "/g/{group}/images/{image}/log";
    ImageLogLines(group, image) = "/g/{group}/images/{image}/log/lines";
    ImageLogSearch(group, image) = "/g/{group}/images/{image}/log/search";
    ImageLogStream(group, image) = "/g/{group}/images/{image}/log/stream";
    ImageLogDownload(group, image) = "/g/{group}/images/{image}/log/download";

    Profile() = "/profile";
    ProfilePassword() = "/profile/password";
    ProfileSessions() = "/profile/sessions";
    ProfileSessionRevoke(session) = "/profile/sessions/{session}/revoke";
    ProfileSessionsRevokeOthers() = "/profile/sessions/revoke-others";
    ProfileSshKeys() = "/profile/ssh-keys";
    ProfileSshKeyRemove(key) = "/profile/ssh-keys/{key}/remove";
    ProfileTokens() = "/profile/tokens";
    ProfileTokenRevoke(token) = "/profile/tokens/{token}/revoke";
    ProfileAccessKeys() = "/profile/access-keys";
    ProfileAccessKeyRevoke(key) = "/profile/access-keys/{key}/revoke";
    ProfileVault() = "/profile/vault";
    ProfileVaultEnable() = "/profile/vault/enable";
    ProfileVaultRestore() = "/profile/vault/restore";
}
