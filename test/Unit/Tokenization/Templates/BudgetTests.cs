using Alignment.Tokenization.Templates.Builtins;
using Alignment.Tokenization.Templates.Nodes;
using Alignment.Tokenization.Templates.Parsing;
using Alignment.Tokenization.Templates.Values;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization.Templates;

/// <summary>
/// What a template spends of its budget, which decides alike on every machine whether it is run to its end: a step for each node, each item and each comparison, and for a text
/// one more than a quarter of its characters, for a list one more than its items.
/// </summary>
public class BudgetTests
{
    private const int Enough = 1000, LongText = (Budget.LongestText / 4) + 1, LongList = Budget.LongestList + 1;

    [TestCase("1", 1)]
    [TestCase("'a' + 'b'", 3 + 1)]
    [TestCase("'aaaa' + 'bbbb'", 3 + 3)]
    [TestCase("[1, 2] + [3]", 6 + 4)]
    [TestCase("(1,) + (2, 3)", 6 + 4)]
    [TestCase("'abcd' * 3", 3 + 4)]
    [TestCase("[1, 2] * 3", 5 + 7)]
    [TestCase("'ab' ~ 1", 3 + 1 + 1)] // the text of 1, and the whole
    [TestCase("'abc' ~ 'abcde'", 3 + 3)]
    [TestCase("'b' in 'abcdefgh'", 3 + 3)]
    [TestCase("2 in [1, 2]", 5 + 2)]
    [TestCase("'abcd' == 'abcd'", 3 + 1 + 2)]
    [TestCase("'abcd' == 'abc'", 3 + 1)] // their lengths tell
    [TestCase("[1, 2] == [1, 2]", 7 + 1 + 2)]
    [TestCase("{'a': 1} == {'a': 1}", 7 + 1 + 1)]
    [TestCase("1 < 2", 3 + 1)]
    [TestCase("'abcdefgh' < 'abcd'", 3 + 1 + 2)]
    [TestCase("[1, 2] < [1, 3]", 7 + 1 + 2 + 1)]
    [TestCase("[3, 1, 2] | sort", 5 + 3 + 4 + (3 * 3))] // three comparisons of tuples
    [TestCase("'abcd'.upper()", 3 + 2 + 2)] // what is read and what is written
    [TestCase("'a b c'.split()", 3 + 1 + 4)]
    [TestCase("['a', 'b'] | join", 4 + 2 + (2 * 2))]
    [TestCase("','.join(['a', 'b'])", 6 + (2 * 2))]
    [TestCase("'abcdefgh'[1:6]", 4 + 2)]
    [TestCase("'abcdefgh'[::2]", 3 + 1 + 3)]
    [TestCase("[1, 2, 3][::2]", 6 + 3)]
    [TestCase("{'abcd': 1}['abcd']", 5 + 2)]
    [TestCase("{'a': 1}.a", 4)]
    [TestCase("'<a>' | escape", 2 + 3)]
    [TestCase("('<' | escape) + '&'", 4 + 2 + 2 + 3)]
    [TestCase("'abcd' | tojson", 2 + 1 + 1 + 2 + 1)]
    [TestCase("[1, [2]] | tojson", 5 + 4 + 9)] // four values, and nine texts with the empty ones before the first items
    [TestCase("[1, 2, 3] | batch(2) | list", 7 + 3 + 2 + (2 * 3))]
    [TestCase("range(3) | list", 4 + 3)]
    [TestCase("'%s' % 'abcd'", 3 + 1 + 2)]
    [TestCase("'{}'.format('abcd')", 4 + 1 + 2)]
    public void An_expression_spends(string expression, int steps) => Assert.That(Rendered($"{{% set x = {expression} %}}"), Is.EqualTo(1 + steps));

    [TestCase("", 0)]
    [TestCase("abcd", 1 + 2)]
    [TestCase("{{ 'abcd' }}", 2 + 2)]
    [TestCase("{{ 1 }}", 2 + 1 + 1)]
    [TestCase("{% for i in [1, 2] %}{% endfor %}", 4 + 2)]
    [TestCase("{% for i in [1, 2] %}x{% endfor %}", 4 + 2 + (2 * 2))]
    [TestCase("{% for i in [1, 2] if i > 1 %}x{% endfor %}", 4 + 2 + (2 * 4) + 2)]
    [TestCase("{% if 1 %}x{% endif %}", 2 + 2)]
    [TestCase("{% set x %}abcd{% endset %}", 1 + 3)]
    [TestCase("{% filter upper %}abcd{% endfilter %}", 1 + 3 + 4 + 2)]
    [TestCase("{% macro m() %}x{% endmacro %}{{ m() }}", 1 + 3 + 2 + 1)]
    [TestCase("{% with a = 1 %}{{ a }}{% endwith %}", 2 + 4)]
    public void A_statement_spends(string template, int steps) => Assert.That(Rendered(template), Is.EqualTo(steps));

    // its characters, what is cut, and what is read
    [TestCase("", 1 + 0 + 1)]
    [TestCase("abcd", 2 + 1 + 2)]
    [TestCase("{{ a }}", 2 + 3 + 4)]
    [TestCase("{# a #}b", 3 + 2 + 2)]
    public void Reading_a_template_spends(string template, int steps) => Assert.That(Least(budget => Parser.Statements(template, budget)), Is.EqualTo(steps));

    [Test]
    public void All_that_may_be_spent_may_be_spent([Values(1, 2, 1000)] int left)
    {
        Budget budget = With(left);
        for (int step = 0; step < left; step++)
            budget.Step();
        Assert.That(budget.Step, Throws.TypeOf<TemplateException>().With.Message.EqualTo("runs for more than 10000000 steps"));
        Assert.That(() => With(left).List(left - 1), Throws.Nothing);
        Assert.That(() => With(left).List(left), Throws.TypeOf<TemplateException>().With.Message.EqualTo("runs for more than 10000000 steps"));
        Assert.That(() => With(left).Characters((4L * left) - 1), Throws.Nothing);
        Assert.That(() => With(left).Characters(4L * left), Throws.TypeOf<TemplateException>().With.Message.EqualTo("runs for more than 10000000 steps"));
    }

    private static int Rendered(string template)
    {
        IReadOnlyList<Statement> statements = Parser.Statements(template, new());
        Dictionary<string, Value> functions = Functions.All(null);
        return Least(budget =>
        {
            Scope scope = new(null, budget);
            foreach ((string name, Value value) in functions)
                scope.Set(name, value);
            Statement.All(statements, scope, new(budget));
        });
    }

    // the least that has to be left
    private static int Least(Action<Budget> run)
    {
        int few = -1, enough = Enough;
        run(With(enough));
        while (enough - few > 1)
        {
            int middle = (few + enough) / 2;
            try
            {
                run(With(middle));
                enough = middle;
            }
            catch (TemplateException fault) when (fault.Fault == "runs for more than 10000000 steps")
            {
                few = middle;
            }
        }

        return enough;
    }

    // a budget of which so much is left
    private static Budget With(int left)
    {
        Budget budget = new();
        int spent = Budget.MostSteps - left;
        for (; spent > LongText; spent -= LongText)
            budget.Characters(Budget.LongestText);
        for (; spent > LongList; spent -= LongList)
            budget.List(Budget.LongestList);
        budget.List(spent - 1);
        return budget;
    }
}
