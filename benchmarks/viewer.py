"""How fast the viewer is: start, slider to colours, bands, a body and its coarse copy in motion.

    python benchmarks/viewer.py                          # 1e5 sites, 1e6 cells of mesh, made up
    python benchmarks/viewer.py results/quickstart       # and the start of the command on a result
    python benchmarks/viewer.py --browser                # and slider to colours in Chromium

Times on one core; drawn with whatever OpenGL there is (without a graphics card: the processor).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

CASE = """\
name: big
scaffold: {kind: slab, size: [2.4 mm, 2.4 mm, 1.2 mm], mesh_size: 40 um}
inks:
  niche:
    alginate: {youngs_modulus: 2 kPa}
    collagen_I: {concentration: 2 mg/mL}
    collagen_III: {concentration: 1 mg/mL, waviness: {amplitude: 1 um, wavelength: 20 um}}
cells: {count: 1000}
dormancy: {cues: {TGFb2: 0.25}}
"""
SIZE = np.array([2400.0, 2400.0, 1200.0])


def made_folder(folder: Path, sites: int) -> None:
    """What the live rule reads of a result: ``case.json`` and ``sites.parquet``."""
    import pandas as pd

    from cases.biology.sites import gel_facts, sites_of
    from cases.biology.state import present_state
    from cases.build import build_gels, build_scaffold
    from cases.load import parse_case
    from postprocess.tables import write_parquet

    case = parse_case(CASE)
    gels = build_gels(case, build_scaffold(case))
    uniform = np.array([gel.isotropic_modulus for gel in gels])
    families = np.zeros(1, dtype=np.int64)
    rng = np.random.default_rng(1)
    stiffness = rng.lognormal(np.log(2.5), 0.5, sites)
    ink = np.zeros(sites, dtype=np.int64)
    given = sites_of(case, gels, stiffness, uniform, ink, families)
    state = present_state(case, given)
    p = state.rule.probability(**state.inputs)
    shares = state.rule.log_odds_shares(**state.inputs)
    x = rng.uniform(10, SIZE - 10, (sites, 3))
    columns = {
        "id": np.arange(sites), "x_um": x[:, 0], "y_um": x[:, 1], "z_um": x[:, 2],
        "ink": gels[0].ink.name, "depth_um": np.minimum(x, SIZE - x).min(axis=1),
        "stiffness_kPa": stiffness, "stiffest_kPa": 1.2 * stiffness,
        "softest_kPa": 0.9 * stiffness, "stiff_axis_x": 1.0, "stiff_axis_y": 0.0,
        "stiff_axis_z": 0.0, "anisotropy": 1.2 / 0.9, "p_dormant": p, "p_dormant_low": 0.8 * p,
        "p_dormant_high": np.minimum(1.1 * p, 1.0),
    }  # fmt: skip
    columns |= {f"logodds_{cue}": values for cue, values in shares.items() if np.any(values)}
    write_parquet(pd.DataFrame(columns), folder / "sites.parquet", about={})
    facts = [dataclasses.asdict(fact) for fact in gel_facts(gels, uniform, families)]
    record = {"document": case.document, "case": case.resolved(), "gels": facts}
    (folder / "case.json").write_text(json.dumps(record))


def made_scene(folder: Path, cells: int) -> object:
    """The scene of that folder, on a regular mesh of about ``cells`` tetrahedra."""
    import pyvista

    from postprocess.fields import site_points
    from postprocess.scene.data import Scene
    from postprocess.tables import read_parquet

    counts = np.maximum((SIZE * (cells / 5 / SIZE.prod()) ** (1 / 3)).astype(int), 2)
    box = pyvista.ImageData(dimensions=counts + 1, spacing=SIZE / counts)
    grid = box.to_tetrahedra(5)
    middle = np.asarray(grid.cell_centers().points)
    modulus = 2.5 + np.sin(middle[:, 0] / 150) * np.cos(middle[:, 1] / 200)
    grid.cell_data["E_isotropic_kPa"] = modulus
    grid.cell_data["anisotropy"] = np.full(grid.n_cells, 1.3)
    grid.cell_data["fibre_direction"] = np.tile([1.0, 0.0, 0.0], (grid.n_cells, 1))
    sites = site_points(read_parquet(folder / "sites.parquet"), ("niche",))
    sites.point_data["uncertain"] = np.zeros(sites.n_points, np.uint8)
    sites.point_data["p_band"] = np.zeros(sites.n_points)
    mean = float(np.mean(sites.point_data["p_dormant"]))
    return Scene(
        grid=grid,
        sites=sites,
        inks=("niche",),
        bounds=np.array(grid.bounds).reshape(3, 2).T,
        name="big",
        case={},
        summary={"mean_p_dormant": {"value": mean, "low": mean, "high": mean}},
    )


def timed(what: str, work: Callable[[int], object], times: int = 5) -> float:
    """Median milliseconds of a piece of work, printed; the first time does not count."""
    work(0)
    taken = []
    for number in range(1, times + 1):
        start = time.perf_counter()
        work(number)
        taken.append(1e3 * (time.perf_counter() - start))
    median = float(np.median(taken))
    print(f"{what:<62} {median:9.1f} ms", flush=True)
    return median


def rule_and_picture(sites: int, cells: int) -> None:
    """The live rule alone, then with the picture."""
    from cases.view.live import LiveRule
    from postprocess.viewer.canvas import Canvas
    from postprocess.viewer.charts import histogram
    from postprocess.viewer.session import Session
    from postprocess.viewer.shown import Shown

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made_folder(folder, sites)
        rule, scene = LiveRule(folder), made_scene(folder, cells)
    print(f"{sites} sites, {scene.grid.n_cells} tetrahedra, {scene.skin.n_cells} triangles of skin")  # type: ignore[attr-defined]
    session = Session([scene], [rule])  # type: ignore[list-item]
    canvas = Canvas(session.scene, (1000, 760))
    p = session.quantity("p_dormant", of_sites=True)
    field = session.quantity("stiffness", of_sites=False)
    fibre = session.quantity("anisotropy", of_sites=False)
    ends = session.limits(p)
    shown = Shown(
        body="glass", field=field, field_ends=session.limits(field), sites=p, site_ends=ends,
        clip=None, fibres=None, fibre_field=fibre, fibre_ends=session.limits(fibre),
        ellipsoids=False, rings=True, dark=False,
    )  # fmt: skip
    everyone = np.arange(sites)

    def moved(number: int) -> None:
        session.moved.values = {"parameter:E50": 2.0 + 0.1 * number}
        session.ask()

    def recoloured(number: int) -> None:
        moved(number)
        canvas.recolour(p, ends)
        canvas.draw(shown, session.chosen((0.0, 1.0), None), None, session.version)
        canvas.window.Render()

    canvas.draw(shown, everyone, None)
    timed("slider to P(dormant) of all sites", moved)
    canvas.hurry(True)
    canvas.window.SetSize(500, 380)  # as the viewer does while a slider is moved
    timed("slider to P and a hasty picture", recoloured)
    canvas.hurry(False)
    canvas.window.SetSize(1000, 760)
    timed("slider to P and the whole picture", recoloured)
    timed("histogram", lambda _: histogram(session.values("p_dormant"), everyone, p, ends))
    timed("pick a cell under the mouse", lambda _: canvas.pick(0.5, 0.5))
    few = rule.few
    timed(f"bands of all sites, {few} samples", lambda _: session.sample(few, lambda: False), 2)

    def turned(_: int) -> None:
        canvas.plotter.camera.Azimuth(3)
        canvas.plotter.reset_camera_clipping_range()
        canvas.window.Render()

    timed("clear body: one frame, at rest", turned)
    canvas.move(True)
    timed("clear body: one frame while turning", turned)
    canvas.move(False)
    canvas.draw(dataclasses.replace(shown, body="field"), everyone, None)
    timed("field on the skin: one frame, at rest", turned)
    canvas.move(True)
    timed("field on the skin: one frame while turning", turned)
    canvas.close()


_WATCH = """() => {
  window.times = [];
  new MutationObserver(() => window.times.push(performance.now() - window.began)).observe(
    document.querySelector('.dm-view img'), {attributes: true, attributeFilter: ['src']});
}"""
_SLIDE = """at => {
  const dial = document.querySelector('input[aria-label=E50]');
  window.times = [];
  window.began = performance.now();
  dial.value = at;
  dial.dispatchEvent(new Event('input', {bubbles: true}));
}"""


def serve_made(sites: int, cells: int) -> None:
    """A viewer of the made-up result; prints its address."""
    from cases.view.live import LiveRule
    from postprocess.viewer import serve

    with tempfile.TemporaryDirectory() as name:
        made_folder(Path(name), sites)
        rule, scene = LiveRule(name), made_scene(Path(name), cells)
    say = partial(print, flush=True)
    serve([scene], live_rules=[rule], open_browser=False, idle_min=2, say=say)  # type: ignore[list-item]


def in_browser(sites: int, cells: int) -> None:
    """From a slider's event to the picture in the page, in a real browser on the same machine."""
    from playwright.sync_api import sync_playwright

    command = [sys.executable, __file__, "--serve", "--sites", str(sites), "--cells", str(cells)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = next(filter(None, (re.search(r"http://\S+", line) for line in process.stdout)))
        with sync_playwright() as driver:
            chromium = shutil.which("chromium")
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            start = time.perf_counter()
            page.goto(found[0])
            page.wait_for_selector(".dm-view img")
            page.wait_for_selector(".dm-hist")
            print(f"{'address to picture in the page':<62} {time.perf_counter() - start:9.2f} s")
            page.wait_for_timeout(3000)
            page.evaluate(_WATCH)
            first, last = [], []
            for at in range(600, 950, 50):
                page.evaluate(_SLIDE, at)
                page.wait_for_timeout(2500)
                times = page.evaluate("() => window.times")
                first.append(times[0])
                last.append(times[-1])
            print(f"{'slider to new colours in the page':<62} {np.median(first):9.1f} ms")
            print(f"{'slider to whole picture with its bands':<62} {np.median(last):9.1f} ms")
            browser.close()
        process.terminate()
        process.communicate()


def start_of(result: Path) -> None:
    """From the command to the address, and that of the modules alone."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "cases", "view", str(result), "--no-browser", "--idle", "1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if re.search(r"http://", line):
                print(f"{'command to address':<62} {time.perf_counter() - start:9.2f} s")
                break
        process.terminate()
        process.communicate()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("result", nargs="?", type=Path, help="folder of a result")
    parser.add_argument("--sites", type=int, default=100_000)
    parser.add_argument("--cells", type=int, default=1_000_000)
    parser.add_argument("--browser", action="store_true", help="measure in Chromium as well")
    parser.add_argument("--serve", action="store_true", help="only show the made-up result")
    given = parser.parse_args()
    if given.serve:
        serve_made(given.sites, given.cells)
        return
    if given.result is not None:
        start_of(given.result.resolve())
    rule_and_picture(given.sites, given.cells)
    if given.browser:
        in_browser(given.sites, given.cells)


if __name__ == "__main__":
    main()
