"""The parts of a virtual machine that need no boot."""

from __future__ import annotations

import asyncio
import lzma
import stat
from pathlib import Path

import pytest

from tests.real_runs import job
from workbench.backends.base import backend
from workbench.backends.guest.protocol import Transcript
from workbench.backends.qemu import accelerator, clock, initramfs, kernel, machine
from workbench.backends.qemu.machine import VirtualMachine
from workbench.errors import InputError
from workbench.scenario.model import AffinitySpace


def unpacked(data: bytes) -> dict[str, tuple[int, bytes, tuple[int, int]]]:
    """Read a newc archive as its specification says: mode, content and device by name."""
    found = {}
    at = 0
    while True:
        assert data[at : at + 6] == b"070701"
        numbers = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        size, name_size = numbers[6], numbers[11]
        name = data[at + 110 : at + 110 + name_size - 1].decode()
        begin = (at + 110 + name_size + 3) // 4 * 4
        if name == "TRAILER!!!":
            return found
        found[name] = (numbers[1], data[begin : begin + size], (numbers[9], numbers[10]))
        at = (begin + size + 3) // 4 * 4


def test_the_archive_holds_program_plan_and_modules_in_order(tmp_path: Path) -> None:
    (tmp_path / "guest").write_bytes(b"\x7fELF" + b"x" * 1001)
    for name in ("b.ko", "a.ko"):
        (tmp_path / name).write_text(name)
    found = unpacked(
        initramfs.archive(
            tmp_path / "guest", "plan 1\n", {n: tmp_path / n for n in ("b.ko", "a.ko")}
        )
    )
    assert found["init"][:2] == (stat.S_IFREG | 0o755, b"\x7fELF" + b"x" * 1001)
    assert found["plan"][1] == b"plan 1\n"
    assert found["modules/order"][1] == b"b.ko\na.ko\n"
    assert found["modules/a.ko"][1] == b"a.ko"
    assert stat.S_ISDIR(found["proc"][0])
    assert stat.S_ISCHR(found["dev/console"][0])
    assert found["dev/console"][2] == (5, 1)
    assert list(found).index("modules") < list(found).index("modules/a.ko")


def module(folder: Path, name: str, depends: str, packed: bool = False) -> None:
    data = b"\x7fELF\0license=GPL\0depends=" + depends.encode() + b"\0name=x\0"
    file = folder / "kernel" / f"{name}.ko"
    file.parent.mkdir(parents=True, exist_ok=True)
    if packed:
        file = file.with_suffix(".ko.xz")
        data = lzma.compress(data)
    file.write_bytes(data)


@pytest.mark.parametrize("packed", [False, True])
def test_modules_are_loaded_after_those_they_need(tmp_path: Path, packed: bool) -> None:
    image = tmp_path / "boot" / "vmlinuz-6.1-test"
    image.parent.mkdir()
    image.touch()
    folder = tmp_path / "lib" / "modules" / "6.1-test"
    module(folder, "virtio_console", "virtio,virtio_ring", packed)
    module(folder, "virtio", "", packed)
    module(folder, "virtio-ring", "", packed)
    module(folder, "virtio_pci", "virtio,virtio-ring,built_in", packed)
    module(folder, "unrelated", "", packed)
    order = list(kernel.find(str(image)).modules)
    assert sorted(order) == ["virtio.ko", "virtio_console.ko", "virtio_pci.ko", "virtio_ring.ko"]
    assert order.index("virtio.ko") < order.index("virtio_pci.ko")
    assert order.index("virtio_ring.ko") < order.index("virtio_console.ko")


def test_a_kernel_of_ones_own_may_have_all_built_in(tmp_path: Path) -> None:
    (tmp_path / "bzImage").touch()
    assert kernel.find(str(tmp_path / "bzImage")).modules == {}
    with pytest.raises(InputError, match="doctor --fix"):
        kernel.find(str(tmp_path / "nothing"))


def options(machine: VirtualMachine) -> list[tuple[str, str]]:
    words = machine.arguments()
    return list(zip(words[::2], words[1::2], strict=True))


def test_nodes_share_cores_and_memory_evenly() -> None:
    found = options(VirtualMachine(cores=16, memory_mb=1000, accelerator="tcg", nodes=4, far=21))
    numa = [value for option, value in found if option == "-numa"]
    assert numa[:4] == [
        f"node,nodeid={n},memdev=node{n},cpus={4 * n}-{4 * n + 3}" for n in range(4)
    ]
    assert (
        len([value for value in numa if value.startswith("dist") and value.endswith("val=21")])
        == 12
    )
    sizes = [int(v.split("size=")[1][:-1]) for o, v in found if o == "-object"]
    assert sizes == [250] * 4


def test_distances_may_differ() -> None:
    table = ((10, 16, 32), (16, 10, 16), (32, 16, 10))
    found = options(VirtualMachine(3, 96, "tcg", nodes=3, distances=table))
    assert ("-numa", "dist,src=0,dst=2,val=32") in found
    assert ("-numa", "dist,src=1,dst=2,val=16") in found


@pytest.mark.parametrize(
    ("cores", "accelerated", "accel", "label"),
    [
        (8, "tcg", "tcg,thread=multi", "tcg"),
        (9, "tcg", "tcg,thread=single", "tcg, one thread: placement and topology only"),
        (64, "kvm", "kvm", "kvm"),
    ],
)
def test_many_cores_under_tcg_run_in_one_thread_and_say_so(
    cores: int, accelerated: str, accel: str, label: str
) -> None:
    found = VirtualMachine(cores, 512, accelerated)
    assert ("-accel", accel) in options(found)
    assert found.label == label


def test_what_is_missing_is_refused_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "_NAME", "no-such-qemu")
    monkeypatch.setattr(kernel, "_candidates", lambda: iter(()))
    problems = {p.code: p.consequence for p in backend("qemu").validate(job())}
    assert "apt-get install" in problems["qemu-missing"]
    assert "workbench doctor --fix" in problems["kernel-missing"]
    with pytest.raises(InputError, match="QEMU"):
        backend("qemu").start(job())


def test_a_machine_profile_gives_the_nodes() -> None:
    infos = {info.name: info for info in backend("qemu").parameters("insert", {"machine": "talk"})}
    assert infos["numa_nodes"].default == 8
    assert {i.name: i for i in backend("qemu").parameters("insert", {})}["numa_nodes"].default == 1


def test_too_many_cores_are_refused() -> None:
    wide = job()
    scenario = wide.scenario.but(space=AffinitySpace(width=200))
    problems = backend("qemu").validate(type(wide)(scenario, wide.workload, 1))
    assert [problem.code for problem in problems] == ["unsupported-space"]


def test_what_a_probe_found_is_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(accelerator, "_KVM", tmp_path)  # there, and may be opened
    monkeypatch.setattr(accelerator, "qemu_version", lambda: "QEMU 7")
    here = kernel.Kernel(tmp_path / "vmlinuz", "6.1")
    boots = []

    async def refusal(*_: object) -> str:
        boots.append(1)
        return "it does not boot"

    monkeypatch.setattr(accelerator, "_refusal", refusal)
    for _ in range(2):
        found = asyncio.run(accelerator.choose(tmp_path / "guest", here, lambda _: None))
        assert found.accelerator == "tcg"
        assert "it does not boot" in found.why
    assert len(boots) == 1
    other = kernel.Kernel(tmp_path / "vmlinuz", "6.12")
    asyncio.run(accelerator.choose(tmp_path / "guest", other, lambda _: None))
    assert len(boots) == 2


def test_no_kvm_no_probe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(accelerator, "_KVM", tmp_path / "kvm")
    here = kernel.Kernel(tmp_path / "vmlinuz", "6.1")
    found = asyncio.run(accelerator.choose(tmp_path / "guest", here, lambda _: None))
    assert (found.accelerator, found.why) == ("tcg", "there is no /dev/kvm")


def test_a_clock_that_is_off_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(clock.time, "monotonic", lambda: now[0])
    check = clock.ClockCheck()
    check.first_line()
    now[0] += 10.0
    said = Transcript(0, hello={"t": 5_000_000_000}, final={"t": 15_100_000_000})
    assert check.ratio(said) == pytest.approx(1.01)
    said.final = {"t": 45_000_000_000}  # four times too fast, as was seen
    with pytest.raises(Exception, match="clock went 40"):
        check.ratio(said)
