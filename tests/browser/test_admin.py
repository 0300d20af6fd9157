"""The admin portal: users, groups with quotas and members, instance types, the machine."""

from playwright.sync_api import expect

from browsing import SIGN_IN, sign_in
from portico import User


def test_a_user_is_made_edited_locked_and_deleted(page, new_page, group, axe_check):
    page.goto("/admin/users")
    page.get_by_role("link", name="New user").click()
    page.get_by_label("Username").fill("Not Allowed")
    page.get_by_label("Display name").fill("Marie Curie")
    page.get_by_label("First password").fill("radium and polonium")
    page.get_by_label(group.name).check()
    page.get_by_role("button", name="Make user").click()
    expect(page.get_by_label("Username")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Display name")).to_have_value("Marie Curie")
    expect(page.get_by_label(group.name)).to_be_checked()
    axe_check(page)
    name = f"marie-{group.name}"
    page.get_by_label("Username").fill(name)
    page.get_by_label("First password").fill("radium and polonium")
    page.get_by_role("button", name="Make user").click()
    page.wait_for_url(f"**/admin/users/{name}*")

    there = new_page()
    sign_in(there, User(name, "radium and polonium"))
    there.wait_for_url(f"**{group.path}")

    # Off: signed out at the next click, and no way in.
    page.get_by_label("May sign in").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The changes are saved.")).to_be_visible()
    there.goto(group.path)
    there.wait_for_url(SIGN_IN)
    page.goto(f"/admin/users?q={name}")
    expect(page.get_by_role("row", name=name)).to_contain_text("Disabled")

    # On again, with another password.
    page.get_by_role("link", name=name).click()
    page.get_by_label("May sign in").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The changes are saved.")).to_be_visible()
    page.get_by_label("New password").fill("actinium and thorium")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("The password is set.")).to_be_visible()
    sign_in(there, User(name, "actinium and thorium"))

    page.get_by_role("link", name="Delete…").click()
    delete = page.get_by_role("button", name="Delete the user")
    expect(delete).to_be_disabled()
    page.get_by_label("Type").fill("somebody else")
    expect(delete).to_be_disabled()
    page.get_by_label("Type").fill(name)
    delete.click()
    page.wait_for_url("**/admin/users?done=deleted")
    page.goto(f"/admin/users?q={name}")
    expect(page.get_by_role("heading", name="No user matches")).to_be_visible()


def test_an_administrator_cannot_lock_themselves_out(page, admin):
    page.goto(f"/admin/users/{admin.name}")
    page.get_by_label("May sign in").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#f-switches-error, .note.bad")).to_be_visible()
    page.goto(f"/admin/users/{admin.name}/delete")
    expect(page.get_by_text("This is your own account.")).to_be_visible()
    expect(page.get_by_role("button", name="Delete the user")).to_have_count(0)


def test_a_group_with_quotas_and_members(page, make_user, admin_api, open_as, axe_check):
    user = make_user("newcomer")
    name = f"physics-of-{user.name}"
    page.goto("/admin/groups")
    page.keyboard.press("n")
    page.wait_for_url("**/admin/groups/new")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Display name").fill("Physics")
    mine = page.get_by_role("group", name="Limit of each member")
    mine.get_by_label("CPU cores").fill("a lot")
    page.get_by_role("button", name="Make group").click()
    expect(mine.get_by_label("CPU cores")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Write a number, or leave it empty for unlimited.")).to_be_visible()
    expect(page.get_by_label("Display name")).to_have_value("Physics")
    axe_check(page)
    mine.get_by_label("CPU cores").fill("1.5")
    page.get_by_role("group", name="Limit of the whole group").get_by_label("Memory, GiB").fill("6")
    page.get_by_role("button", name="Make group").click()
    page.wait_for_url(f"**/admin/groups/{name}*")

    page.get_by_placeholder("Username").fill("nobody-here")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_placeholder("Username")).to_have_attribute("aria-invalid", "true")
    page.get_by_placeholder("Username").fill(user.name)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("The membership is saved.")).to_be_visible()
    role = page.get_by_label(f"Role of {user.name.title()}")
    expect(role).to_have_value("member")
    role.select_option("admin")
    page.wait_for_url("**done=member")
    expect(role).to_have_value("admin")

    group = admin_api.get(f"/groups/{name}").json()
    assert group["user_quota"] == {"cpu": 1.5, "memory": None, "gpu": 0}
    assert group["group_quota"] == {"cpu": None, "memory": 6.0, "gpu": None}

    # As group admin, this person may set the group's default timeout.
    there = open_as(user)
    there.goto(f"/g/{name}/settings")
    expect(there.get_by_role("row", name="Memory")).to_contain_text("6 GiB")
    there.get_by_label("Time limit, number").fill("30")
    there.get_by_label("Time limit, unit").select_option("minutes")
    there.get_by_role("button", name="Save time limit").click()
    expect(there.get_by_text("The settings are saved.")).to_be_visible()
    there.get_by_label("Stop when idle for, number").fill("0.5")
    there.get_by_label("Stop when idle for, unit").select_option("minutes")
    there.get_by_role("button", name="Save rules").click()
    expect(there.get_by_text("Use 0 (never), or 1 minute to 365 days.")).to_be_visible()
    there.get_by_label("Stop when idle for, number").fill("45")
    there.get_by_role("button", name="Save rules").click()
    expect(there.get_by_text("The settings are saved.")).to_be_visible()
    assert admin_api.get(f"/groups/{name}/idle-rule").json() == {"idle": 2700, "lifetime": None}
    there.goto(f"/g/{name}/jobs/new")
    expect(there.get_by_label("Time limit, number")).to_have_value("30")

    page.get_by_role("button", name=f"Remove {user.name.title()}").click()
    confirm = page.get_by_role("dialog")
    axe_check(page)
    confirm.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The member is removed.")).to_be_visible()

    page.get_by_role("link", name="Delete…").click()
    page.get_by_label("Type").fill(name)
    page.get_by_role("button", name="Delete the group").click()
    page.wait_for_url("**/admin/groups?done=deleted")
    assert admin_api.get(f"/groups/{name}").status_code == 404


def test_an_instance_type_is_made_changed_and_deleted(page, group, axe_check):
    name = f"half-{group.name}"
    page.goto("/admin/instance-types")
    page.get_by_role("link", name="New instance type").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Display name").fill(name.title())
    page.get_by_label("CPU cores").fill("0.7")
    page.get_by_role("button", name="Make instance type").click()
    expect(page.get_by_label("CPU cores")).to_have_attribute("aria-invalid", "true")
    axe_check(page)
    page.get_by_label("CPU cores").fill("0.5")
    page.get_by_label("Memory, GiB").fill("2")
    page.get_by_label("Offer to all groups").uncheck()
    page.get_by_label(group.name, exact=True).check()
    page.get_by_role("button", name="Make instance type").click()
    page.wait_for_url("**/admin/instance-types?done=created")
    page.goto(f"{group.path}/jobs/new")
    expect(page.get_by_text("0.5 cores · 2 GiB")).to_be_visible()

    page.goto(f"/admin/instance-types/{name}")
    page.get_by_label("Memory, GiB").fill("3")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/instance-types?done=saved")
    expect(page.get_by_role("row", name=name)).to_contain_text("3 GiB")

    page.get_by_role("link", name=name).click()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_label("Type").fill(name)
    page.get_by_role("button", name="Delete the instance type").click()
    page.wait_for_url("**/admin/instance-types?done=deleted")
    expect(page.get_by_role("row", name=name)).to_have_count(0)


def test_the_system_page_tells_what_the_machine_can_do(page):
    page.goto("/admin/system")
    for word in ("Sandbox", "Memory limits", "Network of workloads"):
        expect(page.get_by_text(word, exact=True)).to_be_visible()
    expect(page.locator("dl.facts div", has_text="Database").first).to_contain_text("SQLite")
    expect(page.get_by_text("CPU claimed")).to_be_visible()
