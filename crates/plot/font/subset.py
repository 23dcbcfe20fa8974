"""Makes inter.otf: what charts need of Inter Regular, and a nabla, which Inter lacks.

    pip install fonttools
    python subset.py Inter-Regular.otf inter.otf
"""

import sys

from fontTools import subset
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

CHARACTERS = (
    "0020-007E 00A0-017F 0391-03A9 03B1-03C9 03D1 03D5 02B8 02E3 1D43-1D5C 1D62-1D65 2010-2015 2018-201E "
    "2022 2026 2032 2070-208E 2090-209C 2190-2194 21D2 2202 220F 2211 2212 221A 221E 222B 2248 2260 2264 "
    "2265 22C5"
)
DELTA, NABLA, SPARE = 0x394, 0x2207, 0x201B


def add_nabla(font):
    """Delta upside down, in the place of a quotation mark that nobody needs."""
    cmap = font.getBestCmap()
    delta, spare = cmap[DELTA], cmap[SPARE]
    charstrings = font["CFF "].cff.topDictIndex[0].CharStrings
    pen = T2CharStringPen(font["hmtx"][delta][0], None)
    turned = TransformPen(pen, (1, 0, 0, -1, 0, font["OS/2"].sCapHeight))
    font.getGlyphSet()[delta].draw(turned)
    old = charstrings[delta]
    charstrings[spare] = pen.getCharString(private=old.private, globalSubrs=old.globalSubrs)
    font["hmtx"][spare] = font["hmtx"][delta]
    for table in font["cmap"].tables:
        table.cmap.pop(SPARE, None)
        table.cmap[NABLA] = spare


def main(source, target):
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(layout_features=[], hinting=False, notdef_outline=True)
    maker = subset.Subsetter(options)
    ends = [[int(end, 16) for end in part.split("-")] for part in CHARACTERS.split()]
    maker.populate(unicodes=[SPARE, *(u for end in ends for u in range(end[0], end[-1] + 1))])
    maker.subset(font)
    add_nabla(font)
    font.save(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
