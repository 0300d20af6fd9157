//! Pages of the admin portal.

use crate::pattern::paths;

paths! {
    /// Leads to the first page.
    Entrance() = "/admin";

    Groups() = "/admin/groups";
    GroupNew() = "/admin/groups/new";
    Group(name) = "/admin/groups/{name}";
    GroupMembers(name) = "/admin/groups/{name}/members";
    GroupMemberRemove(name, user) = "/admin/groups/{name}/members/{user}/remove";
    GroupDelete(name) = "/admin/groups/{name}/delete";

    Users() = "/admin/users";
    UserNew() = "/admin/users/new";
    User(name) = "/admin/users/{name}";
    UserPassword(name) = "/admin/users/{name}/password";
    UserDelete(name) = "/admin/users/{name}/delete";

    InstanceTypes() = "/admin/instance-types";
    InstanceTypeNew() = "/admin/instance-types/new";
    InstanceType(name) = "/admin/instance-types/{name}";
    InstanceTypeIdleRule(name) = "/admin/instance-types/{name}/idle-rule";
    InstanceTypeDelete(name) = "/admin/instance-types/{name}/delete";

    Images() = "/admin/images";
    ImageNew() = "/admin/images/new";
    Image(image) = "/admin/images/{image}";
    ImageEdit(image) = "/admin/images/{image}/edit";
    ImageRebuild(image) = "/admin/images/{image}/rebuild";
    ImageCancel(image) = "/admin/images/{image}/cancel";
    ImageDeprecate(image) = "/admin/images/{image}/deprecate";
    ImageRestore(image) = "/admin/images/{image}/restore";
    ImageDelete(image) = "/admin/images/{image}/delete";
    /// What the parts of an image's log lie beneath; nothing by itself.
    ImageLog(image) = "/admin/images/{image}/log";
    ImageLogLines(image) = "/admin/images/{image}/log/lines";
    ImageLogSearch(image) = "/admin/images/{image}/log/search";
    ImageLogStream(image) = "/admin/images/{image}/log/stream";
    ImageLogDownload(image) = "/admin/images/{image}/log/download";

    System() = "/admin/system";
}
