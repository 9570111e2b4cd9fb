"""Forms about regions, members, organisations, posts and people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from keniki.core import text
from keniki.core.errors import WrongInput
from keniki.core.municipality_code import is_code, parse_code

from . import policies
from .actions import NewTown
from .editing import VersionedForm
from .models import Municipality, Organisation, Post, Region, RegionMembership, RegionProgramme


class DayInput(forms.DateInput):
    """A date as the browser picks it."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def day(label: str, *, required: bool = True, help: str = "", initial: Any = None) -> forms.DateField:
    return forms.DateField(label=label, required=required, help_text=help, widget=DayInput(), initial=initial)


class MunicipalityField(forms.CharField):
    """A municipality by its code or name; a name that several have asks for the code."""

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        if not typed:
            return None
        found = list(_candidates(typed))
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(
                f"「{typed}」は市町村の一覧にありません。全国地方公共団体コード（6桁）か正式な名称で入力してください。"
            )
        several = "、".join(f"{town.code} {town.name}" for town in found[:6])
        raise forms.ValidationError(f"「{typed}」は複数あります（{several}）。コードで入力してください。")


def _candidates(typed: str) -> list[Municipality]:
    today = Municipality.objects.filter(valid__contains=policies.today())
    plain = typed.strip().split(" ")[0].split("　")[0]
    if is_code(plain):
        try:
            return list(today.filter(code=parse_code(plain)))
        except WrongInput:
            return []
    exact = list(today.filter(name=typed.strip()))
    if exact:
        return exact
    key = text.search_key(typed)
    return [
        town for town in today.filter(name__startswith=typed.strip()[:1]) if text.search_key(town.name) == key
    ]


class OrganisationForm(VersionedForm):
    """An organisation's own entries."""

    name = forms.CharField(label="名称", max_length=120)
    department = forms.CharField(label="担当部署", max_length=120, required=False)
    note = forms.CharField(label="備考", required=False, widget=forms.Textarea(attrs={"rows": 3}))


class PostForm(VersionedForm):
    """A post: where it sits and which rights hang on it."""

    section = forms.CharField(label="部署", max_length=80, required=False, help_text="例：企画課")
    title = forms.CharField(
        label="職名", max_length=80, required=False, help_text="例：課長。担当なら空欄で構いません。"
    )
    role = forms.ChoiceField(label="役割", help_text="この職でできることが決まります。")

    def __init__(self, *args: Any, roles: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(Post.Role.choices)
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (role, f"{labels[role]}（{gives}）") for role, gives in roles.items()
        ]


class NewPostForm(PostForm):
    """A new post; its identifier is what the transfer file names."""

    slug = forms.CharField(
        label="識別名",
        max_length=80,
        required=False,
        help_text="人事異動のファイルで使う名前（半角英小文字・数字・-）。空欄なら自動で付けます。",
    )


class EndPostForm(forms.Form):
    last = day("最後の日", help="この日までこの職は続き、就いている方の権限もこの日で終わります。")


class AssignForm(forms.Form):
    """Who holds a post from when."""

    login = forms.CharField(label="ログインID", max_length=64, help_text="登録済みの利用者のログインID。")
    first = day("就く日")
    last = day("最後の日", required=False, help="決まっていなければ空欄にします。")


class EndHoldingForm(forms.Form):
    last = day("最後の日")


class NoteForm(forms.Form):
    text = forms.CharField(
        label="引継ぎ事項",
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="次にこの職に就く方が、就いた日から読めます。書いた後は変更できません。",
    )


class UserForm(forms.Form):
    name = forms.CharField(label="氏名", max_length=80)
    email = forms.EmailField(label="メール", required=False, help_text="期限のお知らせを送るときに使います。")


class NewUserForm(UserForm):
    """A new person, with a first post where one is chosen."""

    login = forms.CharField(
        label="ログインID", max_length=64, help_text="半角の英数字と . _ - @（2～64文字）。"
    )
    post = forms.ModelChoiceField(
        label="職", queryset=Post.objects.none(), required=False, help_text="後から発令することもできます。"
    )
    first = day("就く日", required=False)

    field_order = ("login", "name", "email", "post", "first")

    def __init__(self, *args: Any, posts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["post"]
        field.queryset = posts
        field.label_from_instance = lambda post: f"{post.label}（{post.get_role_display()}）"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("post") and not cleaned.get("first"):
            self.add_error("first", "職を選んだときは、就く日を入力してください。")
        return cleaned


class TransferForm(forms.Form):
    """The file of a transfer."""

    file = forms.FileField(
        label="人事異動のファイル（CSV）",
        help_text="列：ログインID、氏名、異動前の職、異動後の職、発令日。文字コードは UTF-8 か シフトJIS（CP932）。",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )


class RegionForm(VersionedForm):
    """A region's own entries."""

    name = forms.CharField(label="圏域名", max_length=80)
    short_name = forms.CharField(label="略称", max_length=40, required=False)
    members_term = forms.CharField(
        label="構成団体の呼び方",
        max_length=40,
        required=False,
        help_text="画面と文書での呼び方。例：構成市町、連携市町、関係市町村。空欄なら市・町・村の別から決めます。",
    )
    formation_history = forms.CharField(
        label="形成の経緯", required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    secretariat = forms.ModelChoiceField(label="事務局", queryset=Organisation.objects.none())

    def __init__(self, *args: Any, offices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["secretariat"]
        field.queryset = offices
        field.label_from_instance = office_label


class NewRegionForm(forms.Form):
    """A new region: itself, its secretariat and its first programme; the members are a formset."""

    slug = forms.SlugField(
        label="識別名",
        max_length=80,
        help_text="画面の住所に使う名前（半角英小文字・数字・-）。後から変えられません。例：aoba",
    )
    name = forms.CharField(label="圏域名", max_length=80, help_text="例：青葉圏域")
    short_name = forms.CharField(label="略称", max_length=40, required=False)
    members_term = forms.CharField(
        label="構成団体の呼び方",
        max_length=40,
        required=False,
        help_text="画面と文書での呼び方。例：構成市町、連携市町、関係市町村。空欄なら市・町・村の別から決めます。",
    )
    secretariat = forms.ModelChoiceField(
        label="事務局",
        queryset=Organisation.objects.none(),
        required=False,
        empty_label="新しく登録する",
        help_text="登録済みの団体から選ぶか、「新しく登録する」のまま下の3つを入力してください。",
    )
    office_name = forms.CharField(
        label="新しい事務局の名称",
        max_length=120,
        required=False,
        help_text="文書に印刷される団体名。例：青葉市",
    )
    office_department = forms.CharField(
        label="新しい事務局の担当部署", max_length=120, required=False, help_text="例：企画課"
    )
    office_slug = forms.CharField(
        label="新しい事務局の識別名", max_length=80, required=False, help_text="例：aoba-kikakuka"
    )
    programme = forms.ChoiceField(
        label="制度",
        required=False,
        choices=[("", "まだ決まっていない"), *RegionProgramme.Programme.choices],
    )
    programme_first = day("制度の開始日", required=False)
    legal_basis = forms.CharField(
        label="制度の根拠", max_length=300, required=False, help_text="要綱などの名称と番号。"
    )

    def __init__(self, *args: Any, offices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["secretariat"]
        field.queryset = offices
        field.label_from_instance = office_label

    @staticmethod
    def groups() -> list[tuple[str, list[str]]]:
        """The fields under legends."""
        return [
            ("圏域", ["slug", "name", "short_name", "members_term"]),
            ("事務局", ["secretariat", "office_name", "office_department", "office_slug"]),
            ("制度", ["programme", "programme_first", "legal_basis"]),
        ]

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if Region.objects.filter(slug=slug).exists():
            raise forms.ValidationError(f"「{slug}」は既に使われています。別のものにしてください。")
        return slug

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("secretariat"):
            for name, label in (("office_name", "名称"), ("office_slug", "識別名")):
                if not cleaned.get(name):
                    self.add_error(name, f"事務局を新しく登録するときは、{label}を入力してください。")
        if cleaned.get("programme") and not cleaned.get("programme_first"):
            self.add_error("programme_first", "制度を選んだときは、開始日を入力してください。")
        return cleaned


class MemberForm(forms.Form):
    """One member of a region to be."""

    in_line = True

    municipality = MunicipalityField(label="市町村（コード又は名称）", max_length=60)
    role = forms.ChoiceField(label="役割", choices=RegionMembership.Role.choices, initial="partner")
    first = day("加わる日")


class JoinForm(MemberForm):
    """A member that joins a region, its role in the region's words."""

    last = day("最後の日", required=False, help="決まっていなければ空欄にします。")

    def __init__(self, *args: Any, words: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = _roles(words)  # type: ignore[attr-defined]


class LeaveForm(VersionedForm):
    last = day(
        "最後の日",
        help="記録は残ります。担当者は、この日までの年度の自らの記録を後から仕上げることができますが、"
        "その後の年度の記録は入力できません。",
    )


class NewTownForm(forms.Form):
    """A municipality that comes into being: under a new name, a new kind or a new code."""

    code = forms.CharField(
        label="コード",
        max_length=6,
        help_text="全国地方公共団体コード（6桁）。",
    )
    name = forms.CharField(label="名称", max_length=40)
    kana = forms.CharField(label="ふりがな", max_length=80, required=False)
    kind = forms.ChoiceField(label="種別", choices=Municipality.Kind.choices)
    county = forms.CharField(label="郡・支庁", max_length=40, required=False)

    def town(self) -> NewTown:
        """The municipality as entered."""
        given = self.cleaned_data
        return NewTown(*(given[name] for name in ("code", "name", "kind", "kana", "county")))


class RenameForm(NewTownForm):
    on = day("変わる日", help="この日から新しい名称になり、前の日までの記録には前の名称が残ります。")

    field_order = ("on", "code", "name", "kana", "kind", "county")


class MergeForm(NewTownForm):
    """Which towns go into which municipality, from when, and what the successor becomes here."""

    towns = forms.ModelMultipleChoiceField(
        label="なくなる市町村", queryset=Municipality.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    on = day("変わる日", help="合併の日。なくなる市町村の期間は前の日で終わります。")
    into = MunicipalityField(
        label="承継する市町村（コード又は名称）",
        max_length=60,
        required=False,
        help_text="編入合併：引き継ぐ市町村。新設合併では空欄にし、下に新しい市町村を入力します。",
    )
    role = forms.ChoiceField(
        label="承継する市町村のこの圏域での役割",
        required=False,
        help_text="まだ加わっていないときだけ使います。「加えない」にしても、後から構成と制度の画面で加えられます。",
    )

    field_order = ("towns", "on", "into", "code", "name", "kana", "kind", "county", "role")

    def __init__(self, *args: Any, towns: Any, words: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["towns"].queryset = towns  # type: ignore[attr-defined]
        self.fields["role"].choices = [("", "加えない"), *_roles(words)]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", "選んでください"), *Municipality.Kind.choices]  # type: ignore[attr-defined]
        for name in ("code", "name", "kind"):
            self.fields[name].required = False

    @staticmethod
    def groups() -> list[tuple[str, list[str]]]:
        """The fields under legends."""
        return [
            ("合併", ["towns", "on"]),
            ("編入合併のとき", ["into"]),
            ("新設合併のとき：新しい市町村", ["code", "name", "kana", "kind", "county"]),
            ("この圏域", ["role"]),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        new = [name for name in ("code", "name", "kind") if cleaned.get(name)]
        if cleaned.get("into") and new:
            self.add_error("into", "承継する市町村と新しい市町村のどちらか一方だけを入力してください。")
        elif not cleaned.get("into") and "into" not in self.errors:
            if not new:
                self.add_error("into", "承継する市町村か、新しい市町村を入力してください。")
            for name in ("code", "name", "kind"):
                if new and name not in new and name not in self.errors:
                    self.add_error(name, f"新しい市町村の{self.fields[name].label}を入力してください。")
        return cleaned

    def successor(self) -> Municipality | NewTown:
        """The municipality that takes over: one that exists, or the new one."""
        found: Municipality | None = self.cleaned_data["into"]
        return found or self.town()


class RoleForm(VersionedForm):
    """Another role from a day on, in the region's words."""

    role = forms.ChoiceField(label="新しい役割")
    first = day("変更日")

    def __init__(self, *args: Any, words: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = _roles(words)  # type: ignore[attr-defined]


class OrderForm(forms.Form):
    """The order as codes, one a line, as the page lists them."""

    def __init__(self, *args: Any, towns: list[Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.towns = towns
        codes = [town.code for town in towns]
        self.names = {
            town.pk: town.code if codes.count(town.code) == 1 else f"{town.code}-{town.pk}" for town in towns
        }
        for number, town in enumerate(towns, 1):
            self.fields[self.names[town.pk]] = forms.IntegerField(
                label=town.name, min_value=1, max_value=len(towns), initial=number
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        numbers = [cleaned.get(name) for name in self.names.values()]
        if None not in numbers and len(set(numbers)) != len(numbers):
            raise forms.ValidationError(
                "同じ番号が2つあります。1から順に、重ならないように入力してください。"
            )
        return cleaned

    def ordered(self) -> list[Municipality]:
        return sorted(self.towns, key=lambda town: self.cleaned_data[self.names[town.pk]])


class ProgrammeForm(forms.Form):
    programme = forms.ChoiceField(label="制度", choices=RegionProgramme.Programme.choices)
    first = day("開始日")
    last = day("最後の日", required=False, help="続いている間は空欄にします。")
    legal_basis = forms.CharField(label="根拠", max_length=300, required=False)


def _roles(words: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(role, words[role]) for role in RegionMembership.Role.values]


def office_label(organisation: Organisation) -> str:
    """「青葉市 企画課（事務局）」"""
    return f"{organisation.name} {organisation.department}".strip() + f"（{organisation.get_kind_display()}）"
