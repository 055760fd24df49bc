using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization.Templates;

/// <summary>What of the white space around tags is written; expected texts by Jinja2 3.1.6 with trim_blocks and lstrip_blocks.</summary>
public class WhitespaceTests
{
    [TestCase("{% raw %}{{ a }}{% b %}{% endraw %}x", "{{ a }}{% b %}x")]
    [TestCase("  {% raw %}  a {% endraw %}  x", "  a   x")]
    [TestCase("{%- raw -%}  a {%- endraw -%}  x", "ax")]
    [TestCase("a {# c #} b", "a  b")]
    [TestCase("a {#- c -#} b", "ab")]
    [TestCase("  {# c #}\nb", "b")]
    [TestCase("  {% if t %}\n  a\n  {% endif %}\nb", "  a\nb")]
    [TestCase("  {%+ if t %}\n  a\n  {%- endif +%}\nb", "    a\nb")]
    [TestCase("a\n{{ n }}\nb", "a\n7\nb")]
    [TestCase("a   {{- n -}}   b", "a7b")]
    [TestCase("{% if t -%}   a   {%- endif %}", "a")]
    [TestCase("{{ n }}\n", "7")]
    [TestCase("{{ n }}\n\n", "7\n")]
    [TestCase("{% if t %}a{% endif %}\n\nb", "a\nb")]
    [TestCase("{{ strftime_now('%d %b %Y %H:%M %A %B %-d %j %U %W %V %y %I %p %e|%c|%x|%X|%D') }}", "05 Mar 2026 09:07 Thursday March 5 064 09 09 10 26 09 AM  5|Thu Mar  5 09:07:03 2026|03/05/26|09:07:03|03/05/26")]
    [TestCase("{% if l[0] == 3 %}{%- set q = 'x' -%}{% endif %}{{ q }}", "x")]
    [TestCase("{{n}}{{-n}}", "77")]
    [TestCase("{{- n -}}", "7")]
    [TestCase(" {%- if t %} a {% endif -%} b", " a b")]
    [TestCase("{#a#}{#\nb #}\nc", "c")]
    [TestCase("a\n   {% set q = 1 %}   \nb", "a\n   \nb")]
    [TestCase("a{% set q = 1 %}\nb", "ab")]
    [TestCase("a\n\t{%- if t %}\nb{% endif %}", "ab")]
    public void White_space_is_left_as_in_Jinja(string template, string expected) => Assert.That(Rendering.Of(template), Is.EqualTo(expected));
}
