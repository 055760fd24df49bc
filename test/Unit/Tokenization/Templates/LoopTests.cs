using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization.Templates;

/// <summary>Loops and what they know of themselves; expected texts by Jinja2 3.1.6.</summary>
public class LoopTests
{
    [TestCase("{% for i in 1,2 %}{{ i }}{% endfor %}", "12")]
    [TestCase("{% for (i) in l %}{{ i }}{% endfor %}", "312")]
    [TestCase("{% for i in l if i != 1 %}{{ i }}{% else %}none{% endfor %}", "32")]
    [TestCase("{% for i in l if i > 5 %}{{ i }}{% else %}none{{ n }}{% endfor %}", "none7")]
    [TestCase("{% for i in l: %}{{ i }}{% endfor %}", "312")]
    [TestCase("{% for i in l %}{% set n = i %}{% endfor %}{{ n }}", "7")]
    [TestCase("{% for i in l %}{{ i }}{% continue %}x{% endfor %}", "312")]
    [TestCase("{% for i in l %}{{ i }}{% break %}{% else %}none{% endfor %}", "3none")]
    [TestCase("{% for i in l %}{% for j in l %}{% if j == 1 %}{% break %}{% endif %}{{ j }}{% endfor %}{{ i }}{% endfor %}", "333132")]
    [TestCase("{% for i in l %}{{ loop.previtem }}.{{ loop.nextitem }},{% endfor %}", ".1,3.2,1.,")]
    [TestCase("{% for i in l %}{{ loop.nextitem }}{{ loop.nextitem }}{{ loop.last }}{{ loop.length }}{% endfor %}", "11False322False3True3")]
    [TestCase("{% for i in l %}{{ loop.revindex }}{{ loop.nextitem }}{% endfor %}", "31221")]
    [TestCase("{% for i in l if i > 1 %}{{ loop.length }}{{ loop.index }}{{ loop.revindex0 }}{% endfor %}", "211220")]
    [TestCase("{% for i in [1,1,2] %}{{ loop.changed(i) }}{{ loop.changed() }}{% endfor %}", "TrueTrueTrueTrueTrueTrue")]
    [TestCase("{% for i in [1,1,2,2,1] %}{% if loop.changed(i, 0) %}{{ i }}{% endif %}{% endfor %}", "121")]
    [TestCase("{% for i in l %}{{ loop.cycle('a','b','c') }}{{ loop.cycle(1) }}{% endfor %}", "a1b1c1")]
    [TestCase("{% for i in l %}{{ loop.zz }}{{ loop is callable }}{{ loop is iterable }}{{ loop is defined }}{% endfor %}", "TrueTrueTrueTrueTrueTrueTrueTrueTrue")]
    [TestCase("{% for i in l %}{{ loop.first }}{{ loop.index0 }}{{ loop.depth0 }}{% endfor %}{{ loop }}", "True00False10False20")]
    [TestCase("{% for i in [[1,[2]],[3]] recursive %}{% if i is sequence %}{{ loop.depth }}{{ loop.depth0 }}({{ loop(i) }}){% else %}{{ i }}{% endif %}{% endfor %}", "10(121(2))10(3)")]
    [TestCase("{% for i in [[],1] recursive %}{% if i is sequence %}<{{ loop(i) }}>{% else %}{{ i }}{% endif %}{% else %}none{% endfor %}", "<none>1")]
    [TestCase("{% for i in [1,2] if i > 1 recursive %}{{ i }}{{ loop.index }}{% endfor %}", "21")]
    [TestCase("{% for i in l %}{% for j in 'ab' %}{{ loop.index }}{{ j }}{% endfor %}{{ loop.index }}{% endfor %}", "1a2b11a2b21a2b3")]
    [TestCase("{% for i in l %}{% set outer = loop %}{% for j in 'ab' %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}", "11 12 21 22 31 32 ")]
    [TestCase("{% for k in {'a':1,'b':2}.values() %}{{ k }}{% endfor %}", "12")]
    [TestCase("{% for k, v in {'a':1}|items %}{{ k }}{{ v }}{% endfor %}", "a1")]
    [TestCase("{% for g, items in [{'k':1,'v':2},{'k':1,'v':3},{'k':0,'v':4}]|groupby('k') %}{{ g }}:{{ items|map(attribute='v')|join(',') }};{% endfor %}", "0:4;1:2,3;")]
    [TestCase("{% for g in [{'k':1,'v':2},{'k':0,'v':4}]|groupby('k') %}{{ g.grouper }}:{{ g.list|length }};{% endfor %}", "0:1;1:1;")]
    [TestCase("{% for row in range(5)|batch(2,'-') %}{{ row|join }};{% endfor %}", "01;23;4-;")]
    [TestCase("{% set ns = namespace(a=1) %}{% for i in l %}{% set ns.a = ns.a * i %}{% endfor %}{{ ns.a }}", "6")]
    [TestCase("{% for i in l %}{% set q %}{{ i }}{% if i == 1 %}{% continue %}{% endif %}{% endset %}{{ q }}{% endfor %}", "32")]
    [TestCase("{% generation %}{% for i in l %}{{ i }}{% endfor %}{% endgeneration %}!", "312!")]
    [TestCase("{% set g = l|select('odd') %}{% for i in g %}{{ i }}{% endfor %}{% for i in g %}{{ i }}{% else %}none{% endfor %}", "31none")]
    [TestCase("{% for i in range(3) %}{{ i }}{% if loop.last %}.{% else %},{% endif %}{% endfor %}", "0,1,2.")]
    [TestCase("{% for m in messages %}{{ loop.index }}{{ m['role'] }}:{{ m['content'] }}\n{% endfor %}", "1user:Hi there\n2assistant:yo\n")]
    [TestCase("{% for i in l %}{% if i is odd %}{{ i|zzz if false }}{% endif %}{% endfor %}", "")]
    [TestCase("{% for i in l %}{% continue %}{% else %}x{% endfor %}", "x")]
    [TestCase("{% for i in l %}{{i}}{% if i==1 %}{% break %}{% endif %}{% else %}x{% endfor %}", "31")]
    [TestCase("{% for i in l %}{% if i==1 %}{% break %}{% endif %}{% continue %}{% else %}x{% endfor %}", "x")]
    public void A_loop_writes_what_it_does_in_Jinja(string template, string expected) => Assert.That(Rendering.Of(template), Is.EqualTo(expected));
}
