"""What the chat's services refused, as sentences for the one who asked."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tenants.admin.refusals import say

say(
    {
        "closing_days": _("Enter 7 to 90 days."),
        "closing_waits": _("The closing is announced already. Undo it first to announce another day."),
        "closing_held": _("A legal hold keeps something of this organisation. It has to be released first."),
        "closing_begun": _("Nothing waits to be undone."),
        "export_runs": _("An export is being made already. Wait for it, or stop it first."),
        "export_gone": _("This export is not there any more. Begin another one."),
        "run_moved": _("The run is not in this state any more."),
        "job_moved": _("It is not in this state any more."),
        "job_paused": _("It is paused. Resume or cancel it first."),
        "no_address": _("The address of this visitor is not known, so it cannot be blocked."),
        "deleting": _("Just now something is being deleted. Please try again in a minute."),
        "released": _("Somebody released it already."),
        "retention_moved": _("Somebody changed the rule since you looked at it. Look again before you save."),
        "retention_same": _("This is the rule already."),
        "retention_taken": _("It is in force or undone already. Change the rule instead."),
        "retention_term": _("Enter 1 to 120 months, and for the archive more than that or nothing."),
        "retention_waits": _("A change waits already. Undo it first."),
        "memory_persists": _(
            "This installation cannot promise that: what it keeps in memory may be written to a disk, or it is away. Ask who runs it"
            " to switch Valkey's persistence off."
        ),
        "no_server": _("Set up your own server first, on the Retention page."),
        "server_in_use": _("A rule, or something on its way, sends to this server. Change the rule first."),
        "server_address": _("Enter https://host for S3, host or host:port for SFTP, without a path."),
        "server_bucket": _("Enter the name of the bucket."),
        "server_secret": _("Enter the secret: it is asked for again when anything here is changed."),
        "server_recipient": _("This is no public key of age. It begins with age1."),
        "server_too_often": _("Your organisation tried many times in a row. Wait ten minutes."),
        "server_host": _("No host is called like this. Write it like files.example.com or 192.0.2.7."),
        "server_private": _(
            "There is no such host, or it leads to a private address, and such are not connected to. Ask the operator to allow it."
        ),
        "server_clear": _("Without TLS nothing is sent. Enter an address that begins with https://."),
        "server_unreachable": _("Nobody answers there."),
        "server_late": _("It did not answer in time."),
        "server_cut": _("It broke the connection off."),
        "server_certificate": _("Its certificate is not valid for this address."),
        "server_redirect": _(
            "It sends us elsewhere, and we do not follow. Enter the address it names, or the right region."
        ),
        "server_forbidden": _(
            "It refuses us. Look at the account, the secret, and whether it may write, read and delete there."
        ),
        "server_no_bucket": _("The bucket or folder is not there. Create it first."),
        "server_busy": _("It is too busy. Try again later."),
        "server_full": _("It has no space left."),
        "server_refused": _("It answered with an error."),
        "server_renamed": _("It keeps what is written there under another name. Choose a storage that overwrites."),
        "server_not_locked": _("It does not lock what is written there. Switch object lock on for the bucket."),
        "server_short": _("It stored less than was written. It may be full."),
        "server_differs": _("What was read again is not what was written."),
        "server_missing": _("What was written there is not there any more."),
        "server_none": _("No server is set up here any more, and transcripts wait for one."),
        "server_not_deleted": _("What was deleted is still there."),
        "server_host_key": _("It showed another host key than this one. Somebody may be in between: ask who runs it."),
        "server_host_key_unknown": _("Compare the host key below with what who runs the server says, then enter it."),
        "server_key": _("This is no private key that can be read. Enter one in PEM, without a passphrase."),
        "server_sealed": _("The stored secret does not open. Enter it again."),
        "visitor_held": _("A legal hold keeps what there is of this visitor. Release it first."),
        "visitor_in_chat": _("This visitor is in a conversation. Close it first."),
        "archive_damaged": _("The archive does not have this conversation as it was written. Tell the operator."),
        "live": _("It is in the primary store already."),
        "typed_name": _("Type the name of the organisation as it stands here."),
        "same_tag": _("Choose another tag than this one."),
    }
)
