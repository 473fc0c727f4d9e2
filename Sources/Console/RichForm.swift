/// What is also shown in lines of text, in the form in which pages and notebooks show more.
package struct RichForm: Hashable, Sendable {
  /// A part of a page in HTML, without scripts and without anything from elsewhere.
  package let html: String
  /// The same as Markdown with LaTeX between dollars, where notebooks set that better than HTML.
  package let markdown: String?

  package init(html: String, markdown: String? = nil) {
    self.html = html
    self.markdown = markdown
  }

  /// The form that a notebook takes, and its MIME type.
  package var forNotebooks: (type: String, text: String) {
    markdown.map { ("text/markdown", $0) } ?? ("text/html", html)
  }
}
