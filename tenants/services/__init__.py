"""What can be done to a tenant and its people; each function is one transaction that leaves its audit event."""

from tenants.services.founding import create_tenant, sign_up
from tenants.services.people.invitations import accept_invitation, invite_member
from tenants.services.people.members import change_role, remove_member, resume_member, suspend_member
from tenants.services.people.switching import choose_tenant, switch_tenant
from tenants.services.sites import create_site, note_site_seen
from tenants.services.tenancy import resume_tenant, suspend_tenant

__all__ = [
    "accept_invitation",
    "change_role",
    "choose_tenant",
    "create_site",
    "create_tenant",
    "invite_member",
    "note_site_seen",
    "remove_member",
    "resume_member",
    "resume_tenant",
    "sign_up",
    "suspend_member",
    "suspend_tenant",
    "switch_tenant",
]
