"""Every door of the portal."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path, re_path, register_converter
from django.views.generic import RedirectView
from hijack.views import ReleaseUserView

from portal.days import DayConverter
from portal.staff import on_pages_there_are
from portal.views import (
    asking,
    billing,
    certificates,
    changelog,
    continuity,
    data,
    erasing,
    feeds,
    health,
    joining,
    look_as,
    mail_tracking,
    optout,
    plan,
    policy,
    pricing,
    promises,
    quotes,
    start,
    team,
    theme,
    todays_terms,
    trials,
    upgrade,
    webhooks,
)

register_converter(DayConverter, "day")

# The admin's own sign-in page would let a password alone in; everybody comes in through /accounts/.
admin.site.login = secure_admin_login(admin.site.login)
admin.site.search = on_pages_there_are(admin.site.search)

urlpatterns = [
    # Seeing, calculating, trying
    path("", pricing.pricing, name="pricing"),
    path("plan/", plan.plan, name="plan"),
    path("plan/certificate/", certificates.show, name="certificate"),
    path("plan/certificate.json", certificates.download, name="certificate_download"),
    path("verify/", certificates.verify, name="verify"),
    path(".well-known/jwks.json", certificates.keys, name="keys"),
    path("upgrade/", upgrade.upgrade, name="upgrade"),
    path("upgrade/todays-terms/", todays_terms.todays_terms, name="todays_terms"),
    path("trials/", trials.trials, name="trials"),
    path("policy/", policy.policy, name="policy"),
    path("policy/versions/", policy.versions, name="policy_versions"),
    path("policy/yours/", policy.yours, name="policy_yours"),
    path("policy/<int:number>/", policy.version, name="policy_version"),
    path("policy/<int:number>/changes/", policy.since_then, name="policy_changes"),
    path("policy/<day:day>/", policy.on_day, name="policy_on_day"),
    path("continuity/", continuity.continuity, name="continuity"),
    path("promises/", promises.promises, name="promises"),
    path("changelog/", changelog.changelog, name="changelog"),
    path("changelog/atom.xml", feeds.atom, name="changelog_atom"),
    path("changelog/rss.xml", feeds.rss, name="changelog_rss"),
    path("changelog/feed.json", feeds.json_feed, name="changelog_json"),
    re_path(r"^theme/(?P<accent>[0-9a-f]{6})\.css$", theme.theme, name="theme"),
    # Paying
    path("upgrade/quotes/<uuid:quote_id>/", quotes.show, name="quote"),
    path("upgrade/quotes/<uuid:quote_id>/accept/", quotes.accept, name="quote_accept"),
    path("upgrade/quotes/<uuid:quote_id>/return/", quotes.come_back, name="quote_return"),
    path("upgrade/quotes/<uuid:quote_id>/withdraw/", quotes.withdraw, name="quote_withdraw"),
    path("upgrade/quotes/<uuid:quote_id>/again/", quotes.ask_again, name="quote_again"),
    path("billing/", billing.show, name="billing"),
    path("billing/portal/", billing.stripe_portal, name="billing_portal"),
    path("billing/cancel/", billing.cancel, name="billing_cancel"),
    path("billing/cancel/undo/", billing.undo_cancel, name="billing_undo_cancel"),
    path("webhooks/stripe/", webhooks.stripe, name="stripe_webhook"),
    path("webhooks/mail/resend/", mail_tracking.Resend.as_view(), name="resend_webhook"),
    path("webhooks/mail/brevo/", mail_tracking.Brevo.as_view(), name="brevo_webhook"),
    # Coming in
    path("accounts/", include("allauth.urls")),
    path("start/", start.start, name="start"),
    # The team
    path("team/", team.team, name="team"),
    path("team/invitations/", team.invite_member, name="team_invite"),
    path("team/invitations/<int:pk>/resend/", team.resend_invitation, name="team_invitation_resend"),
    path("team/invitations/<int:pk>/revoke/", team.revoke_invitation, name="team_invitation_revoke"),
    path("team/members/<int:pk>/role/", team.change_member_role, name="team_member_role"),
    path("team/members/<int:pk>/remove/", team.remove_from_team, name="team_member_remove"),
    path("team/join/<str:token>/", joining.join_team, name="team_join"),
    path("team/switch/", team.switch, name="team_switch"),
    path("team/leave/", team.leave, name="team_leave"),
    path("team/close/", team.close, name="team_close"),
    path("team/ask/", asking.ask, name="team_ask"),
    path("team/requests/<int:pk>/", asking.answer, name="team_answer"),
    # What is held of somebody, and taking it along
    path("data/", data.data, name="data"),
    path("data/<int:pk>/export.<str:form>", data.download, name="data_download"),
    path("data/<int:pk>/erase/", erasing.erase, name="data_erase"),
    path("data/<int:pk>/keep/", erasing.keep, name="data_keep"),
    path("data/account/export.json", data.download_account, name="data_download_account"),
    path("data/account/erase/", erasing.erase_account, name="data_erase_account"),
    path("data/account/keep/", erasing.keep_account, name="data_keep_account"),
    # Mails
    path("notices/opt-out/<str:token>/", optout.opt_out, name="opt_out"),
    # Staff; their password is changed where everybody's is, so that a mail tells of it
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path(
        "hijack/",
        include(
            (
                [
                    path("acquire/", look_as.LookAsView.as_view(), name="acquire"),
                    path("release/", ReleaseUserView.as_view(), name="release"),
                ],
                "hijack",
            )
        ),
    ),
    # Health
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler403 = "portal.views.errors.forbidden"
handler404 = "portal.views.errors.not_found"
handler429 = "portal.views.errors.too_many_requests"
handler500 = "portal.views.errors.server_error"
