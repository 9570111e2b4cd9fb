"""Where money is reached."""

from . import books, budgets, claims, costs, money, papers, rules, workbench

app_name = "finance"
urlpatterns = [
    *money.patterns,
    *costs.patterns,
    *rules.patterns,
    *budgets.patterns,
    *workbench.patterns,
    *papers.patterns,
    *claims.patterns,
    *books.patterns,
]
