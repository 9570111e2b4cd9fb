import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from keniki.core.errors import WrongInput
from keniki.press.images import MAX_BYTES, inspect_photo, public_copy, thumbnail
from keniki.press.tests.samples import picture


def with_exif(size: tuple[int, int] = (600, 400)) -> bytes:
    """A JPEG turned by EXIF, with a place, a camera and a comment."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (0, 0, 100, 100))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (43.0, 11.0, 30.0)
    out = BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"secret comment", quality=95)
    return out.getvalue()


def png(mode: str = "RGB", **options: object) -> bytes:
    out = BytesIO()
    Image.new(mode, (50, 40)).save(out, "PNG", **options)
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG whose head promises a huge picture."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


def test_a_photo_is_known_by_its_content_and_measured_as_seen():
    facts = inspect_photo(with_exif())
    assert (facts.media_type, facts.width, facts.height) == ("image/jpeg", 400, 600)
    assert inspect_photo(png()).media_type == "image/png"


def test_the_public_copy_is_upright_and_carries_nothing_hidden():
    original = with_exif()
    assert b"SecretCamera" in original
    copy = public_copy(original)
    assert b"Secret" not in copy
    assert b"secret" not in copy
    assert b"Exif" not in copy
    with Image.open(BytesIO(copy)) as image:
        assert image.size == (400, 600)
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        red, _, blue = image.getpixel((350, 50))
        assert blue > 200 > red


def test_texts_in_a_png_are_removed_and_it_stays_a_png():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "secret name")
    original = png(pnginfo=notes)
    assert b"secret" in original
    copy = public_copy(original)
    assert b"secret" not in copy
    assert copy.startswith(b"\x89PNG")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "I;16"])
def test_every_kind_of_png_can_be_published(mode):
    with Image.open(BytesIO(public_copy(png(mode)))) as image:
        assert image.mode == "RGB"


def test_what_was_transparent_becomes_white():
    with Image.open(BytesIO(public_copy(png("RGBA")))) as image:
        assert image.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.slow
def test_copies_are_no_larger_than_asked_and_the_same_every_time():
    data = picture(1, (3000, 1000))
    with Image.open(BytesIO(public_copy(data))) as image:
        assert image.size == (2000, 667)
    with Image.open(BytesIO(thumbnail(data))) as image:
        assert image.size == (360, 120)
    assert public_copy(data) == public_copy(data)
    assert thumbnail(data) == thumbnail(data)


def test_a_webp_becomes_a_jpeg():
    out = BytesIO()
    Image.new("RGB", (20, 20), "green").save(out, "WEBP")
    assert public_copy(out.getvalue()).startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (bomb(50000, 50000), "画素数が多すぎます"),
        (bomb(10000, 7000), "画素数が多すぎます"),
        (b"\xff\xd8\xff" + b"0" * MAX_BYTES, "大きすぎます"),
        (b"%PDF-1.7", "画像として読めません"),
        (b"", "画像として読めません"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "画像として読めません"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC"),
        (picture(1)[:2000], "壊れています"),
        (bomb(100, 100), "壊れています"),
    ],
    ids=["bomb", "70 million pixels", "too many bytes", "pdf", "empty", "svg", "heic", "cut off", "hollow"],
)
def test_what_is_no_good_photo_is_refused_with_what_to_do(data, complaint):
    for act in (inspect_photo, public_copy, thumbnail):
        with pytest.raises(WrongInput, match=complaint) as refused:
            act(data, file="写真.jpg")
        assert refused.value.file == "写真.jpg"


def test_a_gif_is_refused():
    out = BytesIO()
    Image.new("P", (20, 20)).save(out, "GIF")
    with pytest.raises(WrongInput, match="JPEG、PNG、WebP"):
        inspect_photo(out.getvalue())
