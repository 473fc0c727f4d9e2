import Console
import Files
import Platform
import Plot

/// A record of the session as one page: statements, results, curves and pictures, errors. All is in
/// the file itself, and the file is a whole page at any time: what ends it is written anew with each
/// addition.
final class PageTranscript: Transcript {
  let path: String
  let continuesFile: Bool
  private let descriptor: Int32
  /// Where the page's end stands, which is written over by what comes next.
  private var position = 0
  private var element = Element.nothing
  /// Where the running statement begins.
  private var statement: Int?

  private enum Element {
    case nothing, output, error, figures, form

    var start: String {
      switch self {
      case .nothing: ""
      case .output: "<pre class=\"output\">"
      case .error: "<pre class=\"error\">"
      case .figures: "<div class=\"figures\">"
      case .form: "<div class=\"form\">"
      }
    }

    var end: String {
      switch self {
      case .nothing: ""
      case .output, .error: "</pre>\n"
      case .figures, .form: "</div>\n"
      }
    }
  }

  var takesFigures: Bool { true }

  static func isAnnounced(by path: String) -> Bool {
    path.pathExtension == "html" || path.pathExtension == "htm"
  }

  init(path: String) throws(TranscriptFailure) {
    self.path = path
    let size: Int
    (descriptor, size) = try TranscriptFile.open(path)
    continuesFile = size > 0
    guard continuesFile else {
      write(Self.beginning(path.lastPathComponent.withoutPathExtension))
      return
    }
    let end = Array(Self.end.utf8)
    var last = [UInt8](repeating: 0, count: min(size, end.count))
    let start = size - last.count
    guard pread(descriptor, &last, last.count, off_t(start)) == last.count, last == end else {
      throw TranscriptFailure(
        reason: "it is there, and is no page that nnsh has written: name another file")
    }
    position = start
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func addStatement(_ text: String) {
    guard statement == nil else { return }
    endElement()
    statement = position
    write("<section><pre class=\"statement\">\(Markup.escaped(text))</pre>\n")
  }

  func endStatement(hasFailed: Bool) {
    guard statement != nil else { return }
    statement = nil
    write(element.end + "</section>\n", after: .nothing)
  }

  func forgetStatement() {
    guard let statement else { return }
    position = statement
    self.statement = nil
    write("", after: .nothing)
  }

  func addOutput(_ text: String) {
    for piece in PageFigure.pieces(of: text) {
      switch piece {
      case .figure(let markup): add(markup, to: .figures)
      case .text(let text):
        let plain = EscapeCodes.removed(from: text)
        // The end of a figure's line.
        if element == .figures, plain == "\n" { continue }
        if !plain.isEmpty { add(Markup.escaped(plain), to: .output) }
      }
    }
  }

  func addOutput(_ text: String, as form: () -> RichForm) { add(form().html, to: .form) }

  func addError(_ text: String) {
    add(Markup.escaped(EscapeCodes.removed(from: text)), to: .error)
  }

  private func add(_ markup: String, to target: Element) {
    var text = ""
    if element != target { text = element.end + target.start }
    write(text + markup, after: target)
  }

  private func endElement() {
    if element != .nothing { write(element.end, after: .nothing) }
  }

  /// Writes in the place of the page's end, and the end after it.
  private func write(_ text: String, after element: Element? = nil) {
    if let element { self.element = element }
    let bytes = Array(text.utf8)
    let closing = self.element.end + (statement == nil ? "" : "</section>\n") + Self.end
    guard lseek(descriptor, off_t(position), SEEK_SET) == position,
      OutputStream.writeAll(bytes + Array(closing.utf8), to: descriptor) == 0
    else { return }
    position += bytes.count
    ftruncate(descriptor, off_t(position + closing.utf8.count))
  }

  // MARK: the page

  private static let end = "</main></body></html>\n"

  private static func beginning(_ title: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="generator" content="nnsh \(Version.text)">
    <title>\(Markup.escaped(title))</title>
    <style>
    :root { color-scheme: light dark; --edge: #8884; --typed: #3b82f61a; --wrong: #dc2626; }
    body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
    main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
    h1 { font-size: 1.6rem; }
    section { margin: 0 0 1.2rem; }
    pre { margin: 0; padding: .5rem .8rem; overflow-x: auto; tab-size: 2;
      font: 14px/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
    .statement { background: var(--typed); border-left: 4px solid #3b82f6; border-radius: 4px; }
    .error { color: var(--wrong); }
    .figures { display: flex; flex-wrap: wrap; gap: .8rem; padding: .5rem .8rem; }
    .form { padding: .5rem .8rem; overflow-x: auto; }
    .note { margin: .2rem 0; font-size: .85rem; opacity: .75; }
    table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
    th, td { padding: .15rem .8rem; vertical-align: top; white-space: nowrap; }
    thead { border-bottom: 2px solid var(--edge); }
    thead tr:nth-child(2) { font-size: .8rem; opacity: .75; }
    tbody tr:nth-child(even) { background: #8881; }
    math { font-size: 1.15rem; }
    .derivation > p:first-child { margin: 0 0 .5rem; }
    .equation { margin: .3rem 0; }
    .step { display: grid; grid-template-columns: 2rem 1fr auto; margin: .9rem 0; }
    .step > span:first-child { font-weight: 600; opacity: .6; }
    .right { color: #16a34a; }
    .wrong { color: var(--wrong); }
    .result { border: 1px solid var(--edge); border-radius: 6px; padding: .4rem .8rem; }
    .result pre { background: var(--typed); border-radius: 4px; margin: .4rem 0; }
    mtd { padding: .2em .35em; text-align: left; vertical-align: middle; }
    .equation > math > mtable > mtr > mtd:first-child { text-align: right; }
    figure { margin: 0; text-align: center; }
    figcaption { font-size: .8rem; }
    img { image-rendering: pixelated; }
    svg { max-width: 100%; height: auto; }
    </style></head><body><main>
    <h1>\(Markup.escaped(title))</h1>

    """
  }
}
