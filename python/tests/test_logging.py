import support  # noqa: F401,I001

import logging
import unittest

from locust import log


class Forwarding(unittest.TestCase):
    def setUp(self):
        self.now = 10.0
        self.lines = []
        self.handler = log._Forwarder(lambda level, text: self.lines.append((level, text)), lambda: self.now)
        self.logger = logging.Logger("mine")
        self.logger.addHandler(self.handler)

    def test_a_line_is_its_message_and_its_traceback(self):
        self.logger.warning("so %s", "it is")
        try:
            raise ValueError("no")
        except ValueError:
            self.logger.exception("it failed")
        self.assertEqual(self.lines[0], (logging.WARNING, "so it is"))
        self.assertTrue(self.lines[1][1].startswith("it failed\nTraceback"), self.lines[1])
        self.assertTrue(self.lines[1][1].endswith("ValueError: no"), self.lines[1])

    def test_a_flood_is_cut_and_told(self):
        for i in range(log._FORWARDED_PER_S + 30):
            self.logger.info("line %d", i)
        self.assertEqual(len(self.lines), log._FORWARDED_PER_S)
        self.now = 11.5
        self.logger.info("later")
        self.assertEqual([text for _, text in self.lines[-2:]], ["30 more lines of one second are only in the program's own log", "later"])
        self.now = 13.0
        self.logger.info("and later")
        self.assertEqual(len(self.lines), log._FORWARDED_PER_S + 3)

    def test_other_threads_lines_are_not_an_error(self):
        def refuse(level, text):
            raise RuntimeError("another thread")

        self.handler._send = refuse
        logging.raiseExceptions = True
        self.logger.info("x")
        self.assertEqual(self.lines, [])


if __name__ == "__main__":
    unittest.main()
