import Platform

/// A way in which terminals take pictures.
package enum GraphicsProtocol: String, Hashable, Sendable, CaseIterable {
  /// Of kitty, Ghostty and Konsole: PNG in pieces.
  case kitty
  /// Of iTerm2, WezTerm and mintty: a file.
  case iterm2
  /// Of DEC's VT340, xterm, foot, mlterm: rows of six dots.
  case sixel

  /// Whether something between nnsh and the terminal would swallow or garble pictures: tmux and
  /// screen, which know themselves by TERM, and inherit the variables of the terminal around them.
  package static var areHidden: Bool {
    let name = Environment["TERM"] ?? ""
    return Environment["TMUX"] != nil || Environment["STY"] != nil || name.hasPrefix("tmux")
      || name.hasPrefix("screen") || name == "dumb" || name == "linux" || name.isEmpty
  }

  /// What the environment says of the terminal; nil where it says nothing.
  package static var announced: GraphicsProtocol? {
    let name = Environment["TERM"] ?? ""
    let program = Environment["TERM_PROGRAM"] ?? ""
    if Environment["KITTY_WINDOW_ID"] != nil || name == "xterm-kitty" || name == "xterm-ghostty"
      || program == "ghostty"
    {
      return .kitty
    }
    if let version = Environment["KONSOLE_VERSION"].flatMap({ Int($0) }), version >= 220_400 {
      return .kitty
    }
    if program == "iTerm.app" || program == "WezTerm" || program == "mintty"
      || Environment["LC_TERMINAL"] == "iTerm2" || name == "wezterm"
    {
      return .iterm2
    }
    let sixel = ["foot", "mlterm", "yaft", "contour"]
    return sixel.contains { name.hasPrefix($0) } || name.contains("sixel") ? .sixel : nil
  }
}

extension Terminal {
  /// How many pixels a character takes; nil where the terminal does not say.
  package static var cellSize: CellSize? {
    var window = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0,
      window.ws_row > 0, window.ws_xpixel >= window.ws_col, window.ws_ypixel >= window.ws_row
    else { return nil }
    return CellSize(
      width: min(64, Int(window.ws_xpixel / window.ws_col)),
      height: min(128, Int(window.ws_ypixel / window.ws_row)))
  }
}
