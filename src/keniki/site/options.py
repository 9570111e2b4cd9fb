"""Every setting an installation may change, in one table: environment variables, defaults, meaning."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from keniki import engines
from keniki.core.errors import WrongInput

Kind = Literal["text", "flag", "number", "list", "level", "origin", "engine"]
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True)
class Setting:
    """One environment variable: `default` as a person would type it, `help_ja` for the reference."""

    name: str
    default: str
    help_ja: str
    kind: Kind = "text"
    group: str = "基本"


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "KENIKI_HOME",
        "",
        "データの置き場所。空なら、ソースの展開先では var/、それ以外では ~/.local/share/keniki。",
    ),
    Setting(
        "DATABASE_URL",
        "",
        "既存のPostgreSQL（15以上）を使うときの接続先。例: postgresql://利用者:パスワード@ホスト:5432/データベース名。"
        "空なら、内蔵のPostgreSQLを KENIKI_HOME の下で動かす。",
    ),
    Setting(
        "KENIKI_SERVER_STATE",
        "/var/lib/keniki",
        "root で動かし、データの置き場所に内蔵PostgreSQLの利用者（postgres か nobody）が入れないとき、"
        "代わりにデータベースを置く場所。",
    ),
    Setting("KENIKI_DEBUG", "0", "開発用の詳しいエラー画面。運用では 0 のままにする。", "flag"),
    Setting(
        "KENIKI_LOG_LEVEL",
        "INFO",
        "記録の詳しさ（DEBUG, INFO, WARNING, ERROR）。標準エラー出力に出る。",
        "level",
    ),
    Setting(
        "KENIKI_HOSTS",
        "localhost,127.0.0.1,[::1]",
        "受け付けるホスト名（コンマ区切り）。庁内や公開サイトで使う名前をすべて書く。",
        "list",
        "公開",
    ),
    Setting(
        "KENIKI_HTTPS",
        "0",
        "HTTPSで公開するとき 1。クッキーがHTTPS専用になり、パスキーなどHTTPSが要る機能が使える。",
        "flag",
        "公開",
    ),
    Setting(
        "KENIKI_TRUSTED_PROXIES",
        "0",
        "前段に置く、信頼できる中継サーバ（リバースプロキシ）の段数。",
        "number",
        "公開",
    ),
    Setting(
        "KENIKI_TILES_URL",
        "",
        "地図の背景タイル。例: https://cyberjapandata.gsi.go.jp/xyz/pale/{z}/{x}/{y}.png。"
        "空なら外部に接続せず、市町の境界だけを描く。",
        "text",
        "公開",
    ),
    Setting(
        "KENIKI_IDLE_MINUTES", "30", "操作がないとき自動でログアウトするまでの分数。", "number", "ログイン"
    ),
    Setting(
        "KENIKI_SESSION_HOURS", "12", "操作していても再ログインを求めるまでの時間数。", "number", "ログイン"
    ),
    Setting(
        "KENIKI_LOGIN_FAILURES",
        "5",
        "同じログイン名で続けて失敗できる回数。超えると15分間止める。",
        "number",
        "ログイン",
    ),
    Setting(
        "KENIKI_KEEP_ACCOUNTS_DAYS",
        "",
        "利用を停止した利用者の氏名・ログインID・メールアドレスを、停止から何日たったら消去するか。"
        "操作記録には職と「元利用者0012」のような名が残る。保存期間は各団体の規程で決めて書く。空なら消去しない。",
        "text",
        "ログイン",
    ),
    Setting(
        "KENIKI_OIDC_URL",
        "",
        "職員認証基盤（OpenID Connect）の発行者URL。空なら使わない。",
        "origin",
        "ログイン",
    ),
    Setting("KENIKI_OIDC_CLIENT_ID", "", "OpenID Connect のクライアントID。", "text", "ログイン"),
    Setting(
        "KENIKI_OIDC_CLIENT_SECRET", "", "OpenID Connect のクライアントシークレット。", "text", "ログイン"
    ),
    Setting("KENIKI_OIDC_NAME", "職員認証", "ログイン画面のボタンに出す名前。", "text", "ログイン"),
    Setting(
        "KENIKI_OIDC_CLAIM",
        "preferred_username",
        "本システムのログイン名と突き合わせる項目（クレーム）の名前。利用者はあらかじめ登録しておく。",
        "text",
        "ログイン",
    ),
    Setting("KENIKI_UPLOAD_MB", "20", "一度に送れる添付ファイルの合計（メガバイト）。", "number", "ファイル"),
    Setting(
        "KENIKI_KEEP_FILES_DAYS",
        "90",
        "どの記録からも使われなくなった写真・添付・回答文書を、保存してから何日たったら消去するか（1以上）。"
        "誤って削除したものを戻せる期間になる。",
        "number",
        "ファイル",
    ),
    Setting(
        "KENIKI_SMTP_HOST",
        "",
        "期限のお知らせを送るメールサーバ。空ならメールは送らず、画面だけに表示する。",
        "text",
        "メール",
    ),
    Setting("KENIKI_SMTP_PORT", "25", "メールサーバのポート番号。", "number", "メール"),
    Setting("KENIKI_SMTP_USER", "", "メールサーバの利用者名（認証しないなら空）。", "text", "メール"),
    Setting("KENIKI_SMTP_PASSWORD", "", "メールサーバのパスワード。", "text", "メール"),
    Setting("KENIKI_SMTP_TLS", "0", "メールサーバと STARTTLS で通信する。", "flag", "メール"),
    Setting("KENIKI_MAIL_FROM", "", "差出人のメールアドレス。", "text", "メール"),
    Setting(
        "KENIKI_OPEN_DATA_LICENCES",
        "",
        "圏域ごとに決めたオープンデータの利用条件（例 minorino=CC-BY-4.0、区切りはコンマ）。"
        "書かれていない圏域は「CC BY 4.0（未確認）」と表示する。",
        "list",
        "公開",
    ),
    Setting(
        "KENIKI_ESTAT_APP_ID",
        "",
        "政府統計の総合窓口（e-Stat）のアプリケーションID。公的統計を取得するときだけ使う。"
        "空なら、また取得する統計表を切り替えなければ、外部に接続しない。",
        "text",
        "統計",
    ),
    Setting(
        "KENIKI_ESTAT_URL",
        "",
        "e-StatのAPIに庁内の中継サーバを通して接続するときの、中継サーバのURL（getStatsData の前まで）。"
        "空なら直接接続する。",
        "origin",
        "統計",
    ),
    Setting(
        "KENIKI_JMA_URL",
        "",
        "気象庁防災情報XMLのフィードに庁内の中継サーバを通して接続するときの、中継サーバのURL（extra.xml の前まで）。"
        "空なら直接接続する。取得を切り替えなければ、外部に接続しない。",
        "origin",
        "防災",
    ),
    Setting(
        "KENIKI_KEEP_TELEGRAMS_DAYS",
        "400",
        "気象庁の電文を、受信してから何日たったら消去するか（1以上）。いま出ている警報・注意報の電文と、続いている実災害の間の電文は残る。"
        "事案に入った内容は、事案の記録に残る。",
        "number",
        "防災",
    ),
    Setting("KENIKI_WORKERS", "2", "keniki serve が動かす処理プロセスの数。", "number", "運用"),
    Setting(
        "KENIKI_ENGINE",
        "local",
        "全国の推計など、重い計算をどこで行うか。local（このプロセスの中）、processes（この機械の別のプロセス）、"
        "dask://ホスト:ポート（Daskの計算機群。keniki[dask] が要る）。local:4、processes:4 のように数を書ける。"
        "書かなければCPUの数。結果はどれでも同じになる。",
        "engine",
        "運用",
    ),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, environment: Mapping[str, str] | None = None) -> str:
    """The value of a setting with blanks cut off; its default where the variable is unset."""
    setting = _BY_NAME[name]
    value = (os.environ if environment is None else environment).get(name)
    return setting.default if value is None else value.strip()


def flag(name: str, environment: Mapping[str, str] | None = None) -> bool:
    """A setting that is 1 or 0."""
    value = text(name, environment).lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise WrongInput(f"環境変数 {name} は 1 か 0 で指定してください（いまの値: {value}）。")


def number(name: str, environment: Mapping[str, str] | None = None) -> int:
    """A setting that is a whole number, zero or more."""
    value = text(name, environment)
    if not (value.isascii() and value.isdigit()):
        raise WrongInput(f"環境変数 {name} は0以上の整数で指定してください（いまの値: {value or '空'}）。")
    return int(value)


def items(name: str, environment: Mapping[str, str] | None = None) -> list[str]:
    """A setting that is a list with commas; empty entries are left out."""
    return [item.strip() for item in text(name, environment).split(",") if item.strip()]


def level(name: str, environment: Mapping[str, str] | None = None) -> str:
    """A setting that is one of the log's levels."""
    value = text(name, environment).upper()
    if value not in LEVELS:
        raise WrongInput(
            f"環境変数 {name} は {'、'.join(LEVELS)} のどれかにしてください（いまの値: {value}）。"
        )
    return value


def origin(name: str, environment: Mapping[str, str] | None = None) -> str:
    """Scheme and host of a setting that is a URL (`https://example.jp`); empty when it is unset.

    Without encryption only this machine itself may be named.
    """
    value = text(name, environment)
    if not value:
        return ""
    parts = urlsplit(value)
    here = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not (parts.scheme == "https" or here) or not parts.hostname or ";" in value or " " in value:
        raise WrongInput(f"環境変数 {name} は https:// で始まるURLで指定してください（いまの値: {value}）。")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def engine(name: str, environment: Mapping[str, str] | None = None) -> engines.Engine:
    """A setting that names an engine."""
    return engines.named(text(name, environment))
