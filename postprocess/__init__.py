"""Sight: tables, field files, pictures and a report from a finished run; nothing here solves.

A :class:`postprocess.results.RunResult` comes in, :func:`postprocess.write.write_result` writes it,
:func:`postprocess.load.load_result` reads it back.
"""
