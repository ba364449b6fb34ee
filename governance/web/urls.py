"""Addresses of the work pages; each other subject has a list of its own."""

from __future__ import annotations

from django.urls import include, path

from governance.web.views import accounts, clients, home, jobs, new_job, outputs, targets

urlpatterns = [
    path("sign-in/", accounts.sign_in, name="sign-in"),
    path("sign-out/", accounts.sign_out, name="sign-out"),
    path("", home.home, name="home"),
    path("clients/", clients.client_list, name="client-list"),
    path("clients/new/", clients.client_new, name="client-new"),
    path("clients/<int:client>/projects/new/", clients.project_new, name="project-new"),
    path("projects/<int:project>/targets/new/", targets.target_new, name="target-new"),
    path("targets/<int:pk>/", targets.target_page, name="target"),
    path("targets/<int:target>/determinations/new/", targets.determination_new, name="determination-new"),
    path("jobs/", jobs.job_list, name="job-list"),
    path("jobs/new/", new_job.job_new, name="job-new"),
    path("jobs/new/routes/", new_job.job_routes, name="job-routes"),
    path("jobs/<int:pk>/", jobs.job_page, name="job"),
    path("jobs/<int:pk>/progress/", jobs.job_progress, name="job-progress"),
    path("jobs/<int:pk>/cancel/", jobs.job_cancel, name="job-cancel"),
    path("jobs/<int:pk>/retry/", jobs.job_retry, name="job-retry"),
    path("cutouts/<int:pk>/retry/", jobs.cutout_retry, name="cutout-retry"),
    path("outputs/", outputs.output_list, name="output-list"),
    path("outputs/<int:pk>/", outputs.output_page, name="output"),
    path("outputs/<int:pk>/<str:which>.webp", outputs.output_picture, name="output-picture"),
    path("outputs/<int:pk>/release/", outputs.output_release, name="output-release"),
    path("outputs/<int:pk>/receipt/", outputs.output_receipt, name="output-receipt"),
    path("releases/<int:pk>/download/", outputs.output_download, name="output-download"),
    path("", include("governance.web.urls_rights")),
    path("", include("governance.web.urls_proof")),
    path("", include("governance.web.urls_relief")),
    path("", include("governance.web.urls_policies")),
    path("", include("governance.web.urls_contracts")),
    path("", include("governance.web.urls_licenses")),
    path("", include("governance.web.urls_inputs")),
    path("", include("governance.web.urls_duties")),
]
