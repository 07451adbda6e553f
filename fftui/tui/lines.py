"""A list painted line by line: it holds no widget and no text per row, so its length is free.

A changed row repaints one line of the terminal, never the list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

if TYPE_CHECKING:
    from typing import ClassVar

    from textual.content import Content


class Lines(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows `0 … count-1`, one line each, with a cursor. Subclasses say what stands in a row.

    It binds no key: the screen's rows of the table would lose against a focused widget's own.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--cursor", "lines--cursor-blurred"}
    DEFAULT_CSS = """
    Lines {
        height: 1fr;
        background: transparent;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        & > .lines--cursor { background: $cursor-line; text-style: bold; }
        & > .lines--cursor-blurred { background: transparent; }
        &:ansi > .lines--cursor { text-style: bold; }
    }
    """

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, lines: Lines) -> None:
            super().__init__()
            self.lines = lines

        @property
        def control(self) -> Lines:
            return self.lines

    def __init__(self, *, id: str | None = None, cursor: bool = True) -> None:  # noqa: A002
        super().__init__(id=id)
        self.count = 0
        self.cursor = 0
        self.has_cursor = cursor

    def row(self, index: int, width: int) -> Content:
        """What stands in a row."""
        raise NotImplementedError

    @property
    def room(self) -> int:
        """Cells of a row: what the scroll bar leaves."""
        return self.scrollable_content_region.width

    def set_count(self, count: int) -> None:
        """A list of another length; the cursor stays where it can."""
        if count == self.count:
            return
        self.count = count
        self.cursor = max(0, min(self.cursor, count - 1))
        self._measure()
        self.refresh()

    def refresh_row(self, index: int) -> None:
        """Repaint one row, if it can be seen."""
        top = self.scroll_offset.y
        if top <= index < top + self.size.height:
            self.refresh(Region(0, index - top, self.size.width, 1))

    def move(self, by: int) -> None:
        """The cursor some rows down, or up."""
        self.jump(self.cursor + by)

    def page(self, by: int) -> None:
        """The cursor some pages down, or up."""
        self.move(by * max(1, self.size.height - 1))

    def edge(self, which: int) -> None:
        """The cursor on the last row, or on the first where `which` is negative."""
        self.jump(0 if which < 0 else self.count - 1)

    def jump(self, index: int) -> None:
        """The cursor on a row; without a cursor, the row at the top."""
        if not self.has_cursor:
            self.scroll_to(y=index, animate=False, immediate=True)
            return
        index = max(0, min(index, self.count - 1))
        if index == self.cursor:
            return
        before, self.cursor = self.cursor, index
        self.refresh_row(before)
        self.refresh_row(index)
        self._follow()
        self.post_message(self.Moved(self))

    def _follow(self) -> None:
        top, height = self.scroll_offset.y, self.size.height
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor >= top + height > top:
            self.scroll_to(y=self.cursor - height + 1, animate=False, immediate=True)

    def _measure(self) -> None:
        self.virtual_size = Size(max(1, self.room), self.count)

    def on_resize(self) -> None:
        """Rows are as wide as the widget; nothing scrolls sideways."""
        self._measure()
        if self.has_cursor:
            self._follow()

    def watch_has_focus(self, value: bool) -> None:
        """Only a focused list shows its cursor strongly."""
        super().watch_has_focus(value)
        self.refresh_row(self.cursor)

    def render_line(self, y: int) -> Strip:
        """One line of the terminal."""
        index, width = y + self.scroll_offset.y, self.room
        style = self.visual_style
        if index >= self.count:
            return Strip.blank(width, style.rich_style)
        if self.has_cursor and index == self.cursor:
            name = "lines--cursor" if self.has_focus else "lines--cursor-blurred"
            style += self.get_visual_style(name)
        strips = Visual.to_strips(self, self.row(index, width), width, 1, style, pad=True)
        return (
            strips[0].adjust_cell_length(width, style.rich_style) if strips else Strip.blank(width)
        )
