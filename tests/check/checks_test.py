#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Every check finds what it is for, and stays silent on a tree without it. Each case is one small tree.
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SPDX = "// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only\n"
OPENING = SPDX + "// What it is.\n// Who owns it; one thread.\n#pragma once\n\n"


class CheckTest(unittest.TestCase):
    def run_check(self, name, files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)) or root, exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            for style in (".clang-format", "bpf/.clang-format"):
                os.makedirs(os.path.dirname(os.path.join(root, style)) or root, exist_ok=True)
                shutil.copy(os.path.join(ROOT, style), os.path.join(root, style))
            return subprocess.run(
                [sys.executable, "-B", os.path.join(HERE, name), root], capture_output=True, text=True, check=False
            )

    def assert_clean(self, name, files):
        result = self.run_check(name, files)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def assert_found(self, name, files, *words):
        result = self.run_check(name, files)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        for word in words:
            self.assertIn(word, result.stdout)


class Layers(CheckTest):
    NAME = "check_layers.py"

    def test_nothing_is_allowed_that_no_file_needs(self):
        sys.path.insert(0, HERE)
        import check_layers

        self.assertEqual(list(check_layers.unused_permissions(ROOT)), [])

    def test_allowed_includes_pass(self):
        self.assert_clean(
            self.NAME,
            {
                "include/ringtap/record.hpp": "#include <string>\n",
                "userspace/sink/text.cpp": '#include "dissect/ethernet.hpp"\n#include "ringtap/record.hpp"\n',
                "userspace/dissect/ethernet.hpp": '#include "ringtap/record.hpp"\n',
                "userspace/loader/programs.cpp": '#include <bpf/libbpf.h>\n#include "ringtap/abi.h"\n#include "tap.skel.h"\n',
                "userspace/filter/compile.cpp": "#include <pcap/pcap.h>\n",
                "userspace/cli/cli.cpp": "#include <CLI/CLI.hpp>\n",
                "userspace/main.cpp": '#include "command/commands.hpp"\n',
                "bpf/tc_tap.bpf.c": '#include <bpf/bpf_helpers.h>\n#include "emit.bpf.h"\n#include "ringtap/abi.h"\n',
                "bpf/emit.bpf.h": '#include "filter.bpf.h"\n#include "maps.bpf.h"\n',
                "tests/unit/loader_test.cpp": "#include <bpf/libbpf.h>\n#include <pcap.h>\n",
            },
        )

    def test_a_folder_outside_its_row_is_found(self):
        for path, header in (
            ("userspace/dissect/a.hpp", "record/wire.hpp"),
            ("userspace/app/a.cpp", "loader/programs.hpp"),
            ("userspace/live/a.cpp", "command/commands.hpp"),
            ("userspace/main.cpp", "loader/programs.hpp"),
            ("userspace/file/a.cpp", "sink/pcap.hpp"),
            ("userspace/cli/a.cpp", "app/session.hpp"),
            ("userspace/record/a.cpp", "support/packet.hpp"),
        ):
            with self.subTest(path=path, header=header):
                self.assert_found(self.NAME, {path: f'#include "{header}"\n'}, path, header)

    def test_a_subfolder_used_from_the_wrong_place_is_found(self):
        for path, header in (
            ("userspace/dissect/cursor.hpp", "dissect/link/printers.hpp"),
            ("userspace/dissect/link/ethernet.cpp", "dissect/transport/tcp_state.hpp"),
            ("userspace/sink/text.cpp", "dissect/link/printers.hpp"),
        ):
            with self.subTest(path=path, header=header):
                self.assert_found(self.NAME, {path: f'#include "{header}"\n'}, path, header)
        self.assert_clean(
            self.NAME,
            {
                "userspace/dissect/tables.cpp": '#include "dissect/link/printers.hpp"\n',
                "userspace/dissect/dissector.hpp": '#include "dissect/transport/tcp_state.hpp"\n',
                "userspace/dissect/link/ppp.cpp": '#include "dissect/text.hpp"\n#include "dissect/network/printers.hpp"\n',
                "userspace/dissect/transport/tcp.cpp": '#include "dissect/transport/tcp_state.hpp"\n',
            },
        )

    def test_a_library_outside_its_folder_is_found(self):
        for path, header in (
            ("userspace/app/a.cpp", "bpf/libbpf.h"),
            ("userspace/record/a.cpp", "tap.skel.h"),
            ("userspace/main.cpp", "CLI/CLI.hpp"),
            ("userspace/sink/a.cpp", "pcap/pcap.h"),
            ("userspace/sink/a.cpp", "pcap.h"),
            ("userspace/sink/a.cpp", "ringtap/abi.h"),
        ):
            with self.subTest(path=path, header=header):
                self.assert_found(self.NAME, {path: f"#include <{header}>\n"}, path, header)

    def test_a_vocabulary_that_reaches_out_is_found(self):
        self.assert_found(self.NAME, {"include/ringtap/a.hpp": '#include "record/wire.hpp"\n'}, "record/wire.hpp")
        self.assert_found(self.NAME, {"include/ringtap/abi.h": '#include "ringtap/record.hpp"\n'}, "record.hpp")

    def test_the_kernel_side_turned_upside_down_is_found(self):
        self.assert_found(self.NAME, {"bpf/maps.bpf.h": '#include "emit.bpf.h"\n'}, "stands above")
        self.assert_found(self.NAME, {"bpf/tc_tap.bpf.c": '#include "xdp_tap.bpf.c"\n'}, "includes the program")
        self.assert_found(self.NAME, {"bpf/tc_tap.bpf.c": '#include "ringtap/record.hpp"\n'}, "abi.h is all")

    def test_a_folder_without_a_row_is_found(self):
        self.assert_found(self.NAME, {"userspace/misc/a.cpp": "\n"}, "no row")

    def test_a_cycle_is_found(self):
        files = {
            "userspace/file/a.hpp": '#include "file/b.hpp"\n',
            "userspace/file/b.hpp": '#include "file/c.hpp"\n',
            "userspace/file/c.hpp": '#include "file/a.hpp"\n',
        }
        self.assert_found(self.NAME, files, "cycle: userspace/file/a.hpp → userspace/file/b.hpp → userspace/file/c.hpp")

    def test_the_table_has_no_cycle(self):
        sys.path.insert(0, HERE)
        from check_layers import FOLDERS  # pylint: disable=import-outside-toplevel

        def reachable(folder, seen):
            for target in FOLDERS[folder] - seen:
                seen.add(target)
                reachable(target, seen)
            return seen

        for folder in FOLDERS:
            self.assertNotIn(folder, reachable(folder, set()))


class Format(CheckTest):
    NAME = "check_format.py"

    def test_a_formatted_tree_passes(self):
        self.assert_clean(
            self.NAME,
            {
                "userspace/a.hpp": OPENING + "int a();\n",
                "userspace/a.cpp": SPDX + '#include "a.hpp"\n',
                "include/ringtap/abi.h": SPDX + "struct a {\n  int b;\n};\n",
                "bpf/a.bpf.c": SPDX + "struct a {\n\tint b;\n};\n",
                "tools/x.py": "#!/usr/bin/python3\n" + SPDX.replace("//", "#"),
            },
        )

    def test_code_that_clang_format_would_change_is_found(self):
        self.assert_found(self.NAME, {"userspace/a.cpp": SPDX + "int  a( );\n"}, "userspace/a.cpp:2", "clang-format -i")
        self.assert_found(self.NAME, {"bpf/a.bpf.c": SPDX + "struct a {\n  int b;\n};\n"}, "bpf/a.bpf.c:2")

    def test_a_missing_licence_line_is_found(self):
        for path in ("userspace/a.cpp", "bpf/a.bpf.c", "userspace/CMakeLists.txt", "tools/x.py"):
            with self.subTest(path=path):
                self.assert_found(self.NAME, {path: "\n"}, f"{path}:1", "SPDX")

    def test_a_header_without_its_opening_is_found(self):
        self.assert_found(self.NAME, {"userspace/a.hpp": OPENING.replace("#pragma once\n", "")}, "#pragma once")
        self.assert_found(self.NAME, {"userspace/a.hpp": SPDX + "// One.\n#pragma once\n"}, "opens with 1 line")


class Words(CheckTest):
    NAME = "check_words.py"

    def test_plain_text_passes(self):
        self.assert_clean(
            self.NAME,
            {
                "userspace/a.cpp": "// Asserted below.\n",
                "bpf/a.bpf.c": "\tint a;\n",
                "tests/unit/a.cpp": 'const char* p = "/tmp/x";\n',
            },
        )

    def test_banned_words_are_found(self):
        for path, text in (
            ("userspace/a.cpp", "// Keep in sync with b.\n"),
            ("README.md", "A helper function which helps.\n"),
            ("tests/unit/a.cpp", 'const char* p = "/home/x";\n'),
            ("userspace/a.cpp", 'const char* p = "/tmp/x";\n'),
            ("docs/a.md", "see /home/me/x\n"),
        ):
            with self.subTest(path=path, text=text):
                self.assert_found(self.NAME, {path: text}, f"{path}:1")

    def test_a_tab_outside_c_is_found(self):
        for path in ("userspace/a.cpp", "README.md", "userspace/CMakeLists.txt"):
            with self.subTest(path=path):
                self.assert_found(self.NAME, {path: "\n\tx\n"}, f"{path}:2: a tab")


class Links(CheckTest):
    NAME = "check_links.py"

    def test_what_is_there_passes(self):
        self.assert_clean(
            self.NAME,
            {
                "README.md": "[page](docs/a.md#x) [web](https://example.org/x) `docs/a.md` `tcp/udp` `build/ringtap` `docs/NAME.md`\n"
                "```\nsudo tools/demo\n```\n",
                "docs/a.md": "`a.md` [up](../README.md)\n",
                "tools/demo": "",
            },
        )

    def test_what_is_not_there_is_found(self):
        for text in ("[page](docs/b.md)", "`docs/b.md`", "```\nsudo docs/b --now\n```", "`docs/c/`"):
            with self.subTest(text=text):
                self.assert_found(self.NAME, {"README.md": "\n" + text + "\n", "docs/a.md": ""}, "README.md:")


class Includes(CheckTest):
    NAME = "check_includes.py"

    def test_a_header_of_ones_own_or_by_a_header_of_the_project_passes(self):
        self.assert_clean(
            self.NAME,
            {
                "include/ringtap/names.hpp": OPENING + "#include <string>\n#include <vector>\n",
                "userspace/base/a.cpp": '#include "ringtap/names.hpp"\nstd::vector<std::string_view> all;\n',
                "userspace/base/b.cpp": '// std::map\nconst char* text = "std::map<int, int>";\n',
            },
        )

    def test_what_only_the_precompiled_header_gives_is_found(self):
        for use, header in (
            ("std::vector<int> a;", "<vector>"),
            ("auto b = std::min(1, 2);", "<algorithm>"),
            ("std::unordered_map<int, int> c;", "<unordered_map>"),
            ("Result<> d();", "<ringtap/result.hpp>"),
        ):
            with self.subTest(use=use):
                for path in ("userspace/base/a.cpp", "tests/unit/a_test.cpp"):
                    self.assert_found(self.NAME, {path: "#include <cstdint>\n" + use + "\n"}, path, header)

    def test_a_precompiled_header_that_it_does_not_know_is_found(self):
        for whose in ("", "test_"):
            line = f"  target_precompile_headers(ringtap_{whose}precompiled PRIVATE <vector> <future>)\n"
            self.assert_found(self.NAME, {"tools/cmake/RingtapTargets.cmake": line}, "<future>")


if __name__ == "__main__":
    unittest.main()
