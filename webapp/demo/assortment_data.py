"""What "Kiefer & Kalk" sells, as a table: one line a product."""

# ruff: noqa: RUF001 - a multiplication sign and dashes between sizes are meant as they are
from __future__ import annotations

from typing import Final

COLOURS: Final = {
    "Chalk": "#f1ede4",
    "White": "#fbfbf9",
    "Oat": "#d9cbb2",
    "Sand": "#d8c3a0",
    "Natural": "#c9ad83",
    "Oak": "#b98d5b",
    "Cognac": "#8f4f2b",
    "Walnut": "#5b402c",
    "Clay": "#b5654a",
    "Rust": "#9c4a2f",
    "Rose": "#d9a7a0",
    "Plum": "#5c3248",
    "Brass": "#b5984f",
    "Sage": "#9caf94",
    "Moss": "#6a7350",
    "Pine": "#24483c",
    "Sky": "#a9c3d6",
    "Ink": "#232a3b",
    "Slate": "#5b6672",
    "Fog": "#b9c0c6",
    "Steel": "#a3a7a9",
    "Smoke": "#7c7a78",
    "Clear": "#e6eef0",
    "Black": "#1c1c1c",
}
"""Colours and their swatches."""

FASHION: Final = frozenset(
    {"Shirts", "Knitwear", "Outerwear", "Trousers", "Dresses", "Shoes", "Accessories"}
)
"""Categories of the fashion department. All others are home."""

SETS: Final = {
    "S-XL": "S, M, L, XL",
    "S-XXL": "S, M, L, XL, XXL",
    "XS-XL": "XS, S, M, L, XL",
    "waist": "W30, W32, W34, W36",
    "dress": "36, 38, 40, 42, 44",
    "shoes": "36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46",
    "boots": "37, 38, 39, 40, 41, 42, 43, 44, 45",
    "sandals": "36, 37, 38, 39, 40, 41",
    "rubber boots": "36, 37, 38, 39, 40, 41, 42, 43, 44",
    "scents": "Fig, Pine needle, Sea salt, Beeswax",
    "slippers": "36/37, 38/39, 40/41, 42/43, 44/45",
    "socks": "36–38, 39–41, 42–44, 45–47",
    "bed": "135 × 200 cm, 155 × 220 cm, 200 × 200 cm",
    "towel": "30 × 50 cm, 50 × 100 cm, 70 × 140 cm",
    "frame": "13 × 18 cm, 21 × 30 cm, 30 × 40 cm, 50 × 70 cm",
    "rug": "70 × 140 cm, 140 × 200 cm, 170 × 240 cm",
    "cushion": "40 × 40 cm, 50 × 50 cm",
    "table": "140 × 180 cm, 140 × 250 cm",
}
"""Lists of values that several products use."""

TABLE: Final = """
# Shirts
Linen shirt Alma; ALM; 64.00; summer; Leinenweb; Chalk, Sage, Ink; S-XL
Linen shirt Bente; BEN; 69.00; summer; Leinenweb; Chalk, Sky, Moss; S-XXL
Oxford shirt Hanno; HNO; 59.00; all; Leinenweb; White, Sky, Ink; S-XXL
Flannel shirt Arne; ARN; 62.00; winter; Leinenweb; Rust, Pine, Slate; S-XXL
T-shirt Lütt; LUE; 24.00; summer; Webstuhl; White, Ink, Sage, Clay, Sand; S-XXL
T-shirt Wiebke; WIE; 26.00; summer; Webstuhl; White, Black, Rose, Sky; XS-XL
Polo shirt Fiete; FIE; 39.00; summer; Webstuhl; White, Ink, Pine; S-XXL
Blouse Levke; LEV; 58.00; all; Leinenweb; Chalk, Rose, Ink; XS-XL
# Knitwear
Merino jumper Tjark; TJA; 89.00; winter; Nordgarn; Oat, Pine, Rust; S-XL
Merino cardigan Inga; ING; 95.00; winter; Nordgarn; Oat, Slate, Plum; S-XL
Lambswool jumper Momme; MOM; 98.00; winter; Nordgarn; Ink, Moss, Clay; S-XXL
Cotton jumper Swantje; SWA; 69.00; rain; Webstuhl; Chalk, Sky, Rose; XS-XL
Roll neck Eike; EIK; 79.00; winter; Nordgarn; Black, Oat, Pine; S-XL
Sweatshirt Deich; DEI; 59.00; rain; Webstuhl; Fog, Ink, Sage; S-XXL
Hooded sweatshirt Boje; BOJ; 69.00; rain; Webstuhl; Fog, Ink, Moss; S-XXL
# Outerwear
Rain jacket Sylt; SYL; 149.00; rain; Fjordtex; Slate, Moss, Sand; S-XXL
Parka Amrum; AMR; 219.00; winter; Fjordtex; Pine, Ink; S-XXL
Down vest Föhr; FOE; 119.00; winter; Fjordtex; Ink, Rust; S-XL
Wool coat Elbe; ELB; 259.00; winter; Nordgarn; Slate, Sand; S-XL
Windbreaker Juist; JUI; 99.00; rain; Fjordtex; Sky, Sand, Ink; S-XL
# Trousers
Chinos Knud; KNU; 79.00; all; Webstuhl; Sand, Ink, Moss; waist
Linen trousers Silke; SIL; 74.00; summer; Leinenweb; Chalk, Sand, Ink; dress
Cord trousers Hauke; HAU; 85.00; winter; Webstuhl; Rust, Moss, Ink; waist
Jeans Jette; JET; 89.00; all; Webstuhl; Ink, Sky; dress
Shorts Priel; PRI; 45.00; summer; Webstuhl; Sand, Ink, Sage; S-XL
# Dresses
Linen dress Fenja; FEN; 95.00; summer; Leinenweb; Chalk, Sage, Rose; dress
Jersey dress Merle; MER; 79.00; all; Webstuhl; Ink, Plum, Moss; dress
Skirt Elske; ELS; 65.00; all; Webstuhl; Ink, Rust; dress
# Shoes
Sneakers Kai; KAI; 119.00; all; Lederhof; White, Ink, Sage; shoes
Chelsea boots Hafen; HAF; 179.00; winter; Lederhof; Black, Cognac; boots
Sandals Düne; DUE; 69.00; summer; Lederhof; Sand, Black; sandals
Felt slippers Kate; FKA; 49.00; winter; Nordgarn; Fog, Rust, Slate; slippers
Rubber boots Siel; SIE; 59.00; rain; Fjordtex; Pine, Ink; rubber boots
# Accessories
Beanie Kimme; KIM; 25.00; winter; Nordgarn; Oat, Pine, Rust, Slate, Ink
Scarf Watt; WAT; 45.00; winter; Nordgarn; Fog, Rust, Pine, Plum
Gloves Reet; REE; 35.00; winter; Nordgarn; Ink, Oat; S, M, L
Socks Stint; STI; 12.00; all; Nordgarn; Oat, Slate, Rust, Pine; socks
Sun hat Möwe; MOE; 32.00; summer; Leinenweb; Sand, Ink; S/M, L/XL
Tote bag Kutter; KUT; 29.00; all; Leinenweb; Chalk, Ink, Moss
Belt Tau; TAU; 39.00; all; Lederhof; Black, Cognac; 85 cm, 95 cm, 105 cm
Backpack Lotse; LOT; 119.00; all; Fjordtex; Slate, Moss, Sand
# Textiles
Wool throw Moor; MOO; 89.00; winter; Nordgarn; Sand, Fog, Clay
Linen cushion Heide; HEI; 34.00; gift; Leinenweb; Chalk, Sage, Ink, Rust, Rose, Fog; cushion
Bed linen Nebel; NEB; 119.00; all; Leinenweb; Chalk, Fog, Sage; bed
Waffle towel Ebbe; EBB; 19.00; all; Webstuhl; Chalk, Fog, Sage, Clay, Ink; towel
Tea towel Kombüse; KOM; 12.00; gift; Leinenweb; Chalk, Ink, Moss, Rust
Table runner Allee; ALL; 39.00; gift; Leinenweb; Chalk, Sage, Ink
Tablecloth Tafel; TAF; 69.00; gift; Leinenweb; Chalk, Sage, Ink; table
Napkins Tafel, set of 4; NAP; 29.00; gift; Leinenweb; Chalk, Sage, Ink, Rust
Rug Geest; GEE; 189.00; all; Webstuhl; Fog, Clay; rug
Curtain Lee; LEE; 79.00; all; Leinenweb; Chalk, Fog, Sage; 225 cm, 260 cm
Bath mat Ufer; UFE; 29.00; all; Webstuhl; Chalk, Fog, Sage, Ink
Bathrobe Dunst; DUN; 79.00; winter; Webstuhl; Chalk, Slate; S/M, L/XL
# Tableware
Stoneware mug Tide; TID; 25.00; gift; Tonwerk; Chalk, Slate, Moss, Clay, Ink
Espresso cup Tide; TDE; 18.00; gift; Tonwerk; Chalk, Slate, Moss, Clay, Ink
Bowl Tide; TDB; 29.00; all; Tonwerk; Chalk, Slate, Moss, Clay, Ink; 14 cm, 20 cm
Plate Tide; TDP; 27.00; all; Tonwerk; Chalk, Slate, Moss, Clay, Ink; 20 cm, 27 cm
Jug Förde; FOR; 49.00; gift; Tonwerk; Chalk, Slate, Clay
Serving platter Förde; FOP; 59.00; gift; Tonwerk; Chalk, Slate, Clay
Butter dish Marsch; MAR; 39.00; gift; Tonwerk; Chalk, Slate
Teapot Nordlicht; NOR; 79.00; winter; Tonwerk; Chalk, Ink, Moss
Glasses Welle, set of 4; WEL; 36.00; gift; Glashaus; Clear, Smoke, Moss; Water, Wine, Tumbler
Carafe Welle; WEC; 42.00; summer; Glashaus; Clear, Smoke, Moss
Cutlery Anker; ANK; 129.00; gift; Glashaus; Steel, Black; 16 pieces, 24 pieces
# Kitchen
Cutting board Kiefer; KIE; 45.00; gift; Holzhof; Oak, Walnut; S, M, L
Salad servers Kiefer; KIS; 24.00; summer; Holzhof; Oak, Walnut
Pepper mill Korn; KOR; 49.00; gift; Holzhof; Oak, Walnut; 16 cm, 24 cm
Cast iron pan Esse; ESS; 89.00; gift; Gießerei; Black; 20 cm, 24 cm, 28 cm
Enamel pot Herd; HER; 69.00; all; Gießerei; Chalk, Pine, Rust; 2 l, 4 l
Apron Kate; KAT; 39.00; gift; Leinenweb; Chalk, Ink, Moss, Rust
Storage jar Speicher; SPE; 22.00; all; Tonwerk; Chalk, Slate; 0.5 l, 1 l, 2 l
Bread box Speicher; SPB; 59.00; all; Holzhof; Chalk, Black
# Candles
Scented candle Reet; RET; 29.00; winter; Wachsraum; scents; 180 g, 300 g
Taper candles Licht; LIC; 14.00; winter; Wachsraum; Chalk, Sage, Rust, Ink, Rose, Fog, Plum, Sand
Pillar candle Mole; MOL; 16.00; winter; Wachsraum; Chalk, Sage, Rust, Ink; 8 cm, 12 cm, 18 cm
Diffuser Brise; BRI; 39.00; gift; Wachsraum; scents
Candle holder Leuchtturm; LEU; 34.00; winter; Gießerei; Brass, Black; S, M, L
# Living
Vase Kliff; KLI; 45.00; gift; Tonwerk; Chalk, Clay, Ink; S, M, L
Bud vase Dolde; DOL; 29.00; summer; Tonwerk; Chalk, Clay, Ink, Sage
Picture frame Diele; DIE; 24.00; gift; Holzhof; Oak, Black, White; frame
Mirror Sund; SUN; 129.00; all; Glashaus; Oak, Black; 50 cm, 80 cm
Wall shelf Steg; STE; 79.00; all; Holzhof; Oak, Black; 60 cm, 90 cm
Stool Poller; POL; 119.00; all; Holzhof; Oak, Walnut, Black
Basket Weide; WEI; 39.00; all; Holzhof; Natural, Black; S, M, L
Planter Wurt; WUR; 35.00; summer; Tonwerk; Clay, Fog, Slate; 14 cm, 18 cm, 24 cm
Table lamp Feuer; FEU; 139.00; winter; Glashaus; Chalk, Pine, Brass
Pendant lamp Ahoi; AHO; 159.00; winter; Glashaus; Chalk, Pine, Brass
Wall hook Klampe; KLA; 15.00; all; Gießerei; Oak, Black, Brass
Doormat Kaje; KAJ; 35.00; rain; Webstuhl; Natural, Slate; S, M
Notebook Logbuch; LOG; 14.00; gift; Webstuhl; Pine, Ink, Clay, Sand
# Bath
Soap Gischt; GIS; 8.00; gift; Wachsraum; Fig, Pine needle, Sea salt, Beeswax, Lavender
Hand cream Lotsin; LTS; 16.00; winter; Wachsraum; Fig, Sea salt, Beeswax
Shower oil Brandung; BRA; 22.00; gift; Wachsraum; Fig, Pine needle, Sea salt
Soap dish Kiesel; KIL; 18.00; all; Tonwerk; Chalk, Slate, Clay
Toothbrush cup Kiesel; KIC; 16.00; all; Tonwerk; Chalk, Slate, Clay
Laundry basket Böe; BOE; 69.00; all; Holzhof; Natural, Black
"""
"""``# category``, then: name; code; price in EUR with VAT; season; supplier; one or two axes."""
