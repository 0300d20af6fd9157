//! Calls of the REST API.

use crate::pattern::paths;

paths! {
    /// The description of the API.
    OpenApi() = "/api/v1/openapi.json";

    Me() = "/api/v1/me";
    MyPassword() = "/api/v1/me/password";
    MySessions() = "/api/v1/me/sessions";
    MySession(session) = "/api/v1/me/sessions/{session}";
    MyTokens() = "/api/v1/me/tokens";
    MyToken(token) = "/api/v1/me/tokens/{token}";
    MyAccessKeys() = "/api/v1/me/access-keys";
    MyAccessKey(key) = "/api/v1/me/access-keys/{key}";
    MyVault() = "/api/v1/me/vault";
    MyVaultRevisions() = "/api/v1/me/vault/revisions";
    MyVaultRestore() = "/api/v1/me/vault/restore";
    EffectiveVault(group) = "/api/v1/groups/{group}/vault/effective";
    GroupVault(group) = "/api/v1/groups/{group}/vault";
    MySshKeys() = "/api/v1/me/ssh-keys";
    MySshKey(key) = "/api/v1/me/ssh-keys/{key}";

    Groups() = "/api/v1/groups";
    Group(group) = "/api/v1/groups/{group}";
    Members(group) = "/api/v1/groups/{group}/members";
    Member(group, user) = "/api/v1/groups/{group}/members/{user}";
    Usage(group) = "/api/v1/groups/{group}/usage";
    Events(group) = "/api/v1/groups/{group}/events";
    GroupInstanceTypes(group) = "/api/v1/groups/{group}/instance-types";
    GroupIdleRule(group) = "/api/v1/groups/{group}/idle-rule";

    GroupImages(group) = "/api/v1/groups/{group}/images";
    GroupImage(group, image) = "/api/v1/groups/{group}/images/{image}";
    GroupImageUses(group, image) = "/api/v1/groups/{group}/images/{image}/uses";
    GroupImageRebuild(group, image) = "/api/v1/groups/{group}/images/{image}/rebuild";
    GroupImageCancel(group, image) = "/api/v1/groups/{group}/images/{image}/cancel";
    GroupImageDeprecate(group, image) = "/api/v1/groups/{group}/images/{image}/deprecate";
    GroupImageRestore(group, image) = "/api/v1/groups/{group}/images/{image}/restore";
    GroupImageLog(group, image) = "/api/v1/groups/{group}/images/{image}/log";

    Jobs(group) = "/api/v1/groups/{group}/jobs";
    Job(group, job) = "/api/v1/groups/{group}/jobs/{job}";
    JobCancel(group, job) = "/api/v1/groups/{group}/jobs/{job}/cancel";
    JobRerun(group, job) = "/api/v1/groups/{group}/jobs/{job}/rerun";
    JobEvents(group, job) = "/api/v1/groups/{group}/jobs/{job}/events";
    JobLog(group, job) = "/api/v1/groups/{group}/jobs/{job}/log";
    JobLogLines(group, job) = "/api/v1/groups/{group}/jobs/{job}/log/lines";
    JobLogSearch(group, job) = "/api/v1/groups/{group}/jobs/{job}/log/search";
    JobLogStream(group, job) = "/api/v1/groups/{group}/jobs/{job}/log/stream";
    JobNotebook(group, job) = "/api/v1/groups/{group}/jobs/{job}/notebook";
    NotebookJobs(group) = "/api/v1/groups/{group}/notebook-jobs";
    NotebookFiles(group) = "/api/v1/groups/{group}/notebook-files";

    Notebooks(group) = "/api/v1/groups/{group}/notebooks";
    Notebook(group, notebook) = "/api/v1/groups/{group}/notebooks/{notebook}";
    NotebookStart(group, notebook) = "/api/v1/groups/{group}/notebooks/{notebook}/start";
    NotebookStop(group, notebook) = "/api/v1/groups/{group}/notebooks/{notebook}/stop";
    NotebookRestart(group, notebook) = "/api/v1/groups/{group}/notebooks/{notebook}/restart";
    NotebookSnooze(group, notebook) = "/api/v1/groups/{group}/notebooks/{notebook}/snooze";
    NotebookPackagesReset(group, notebook) = "/api/v1/groups/{group}/notebooks/{notebook}/packages/reset";
    NotebookEvents(group, notebook) = "/api/v1/groups/{group}/notebooks/{notebook}/events";
    NotebookLogLines(group, notebook) = "/api/v1/groups/{group}/notebooks/{notebook}/log/lines";
    NotebookLogStream(group, notebook) = "/api/v1/groups/{group}/notebooks/{notebook}/log/stream";

    Users() = "/api/v1/users";
    User(user) = "/api/v1/users/{user}";
    UserPassword(user) = "/api/v1/users/{user}/password";

    InstanceTypes() = "/api/v1/instance-types";
    InstanceType(name) = "/api/v1/instance-types/{name}";
    InstanceTypeIdleRule(name) = "/api/v1/instance-types/{name}/idle-rule";

    Images() = "/api/v1/images";
    Image(image) = "/api/v1/images/{image}";
    ImageUses(image) = "/api/v1/images/{image}/uses";
    ImageRebuild(image) = "/api/v1/images/{image}/rebuild";
    ImageCancel(image) = "/api/v1/images/{image}/cancel";
    ImageDeprecate(image) = "/api/v1/images/{image}/deprecate";
    ImageRestore(image) = "/api/v1/images/{image}/restore";
    ImageLog(image) = "/api/v1/images/{image}/log";

    System() = "/api/v1/system";
}
