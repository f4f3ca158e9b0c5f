"""Sign-in, lock-out and passwords: the settings of allauth, axes and Django's validators."""

from datetime import timedelta

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: a locked-out attempt never reaches a hash
    "tenants.provider_only.ProviderOnlyBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "security.accounts.passwords.PolicyValidator"}]
CONSOLE_PATH = "/console/"  # for pages that know nothing of chats
VISITOR_PATHS = ("/w.js", "/widget/")  # the same for whoever is signed in
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "landing"
LOGOUT_REDIRECT_URL = "home"
PASSWORD_RESET_TIMEOUT = 3600

ACCOUNT_ADAPTER = "security.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "add_email": "security.accounts.forms.ChangedEmailForm",
    "change_password": "security.accounts.forms.RuledChangeForm",
    "reset_password": "security.accounts.forms.AskedResetForm",
    "reset_password_from_key": "security.accounts.forms.RuledResetForm",
    "set_password": "security.accounts.forms.RuledSetForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True  # one mail either way: neither text nor time tells whether an account exists
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # the session that changed it goes on under a new key; all others end
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_RATE_LIMITS = {
    # Of codes of a second factor; passwords are counted in PostgreSQL, before they are checked: security.accounts.attempts
    "login_failed": "5/30m/key",
    "login": "60/m/ip",
    # Tries of a new password are free to be many: the present one is counted as at sign-in, before it is checked.
    "change_password": "30/10m/user",
    "signup": "20/h/ip",
    "signup_mail": "5/h/key",
    "reset_password": "20/h/ip,5/h/key",
    "invitation": "60/h/ip",
    "network_pass": "5/h/key",
    "provider": "60/m/ip",  # beginnings of a sign-in by an organisation's provider
    "provider_answer": "60/m/ip",  # what comes back from it
    "server_trial": "20/10m/key",  # of an organisation's own server: each waits for it, 20 seconds at most
    "password_strength": "120/m/ip",  # asked by forms while a password is typed
}
MFA_ADAPTER = "security.accounts.second_factor.SecondFactorAdapter"
MFA_FORMS = {
    "add_webauthn": "security.accounts.forms.NamedPasskeyForm",
    "edit_webauthn": "security.accounts.forms.RenamedPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Chatplatform"
MFA_TOTP_TOLERANCE = 1  # clocks of telephones are half a minute off
USERSESSIONS_ADAPTER = "security.accounts.ending.SessionsAdapter"
USERSESSIONS_TRACK_ACTIVITY = False  # security.accounts.sessions does, without counting what pages ask by themselves

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=30)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "security.accounts.lockout.username"
AXES_CLIENT_IP_CALLABLE = "security.accounts.lockout.address"
AXES_WHITELIST_CALLABLE = "security.accounts.lockout.is_on_known_device"
AXES_LOCKOUT_CALLABLE = "security.accounts.lockout.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
