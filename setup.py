"""Builds the optional C kernels; everything else about the package is in pyproject.toml."""

from glob import glob

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class Library(build_ext):
    """A plain shared library, loaded with ctypes: it has no Python entry point to export."""

    def get_export_symbols(self, ext):
        return ext.export_symbols


setup(
    cmdclass={"build_ext": Library},
    ext_modules=[
        Extension(
            "hornlet.engine.native._kernels",
            sources=sorted(glob("hornlet/engine/native/*.c")),
            depends=sorted(glob("hornlet/engine/native/*.h")),
            extra_compile_args=[
                "-O3",
                "-ffp-contract=off",
                "-fno-math-errno",
                "-fno-trapping-math",
            ],
            libraries=["m"],
            optional=True,  # without a compiler NumPy does the work
        )
    ],
)
