"""Trained models as MLflow serves them: "models from code" beside numbers and JSON, no pickle.

``generator.py``, ``translator.py`` and ``classifier.py`` are what MLflow copies into a logged
model and executes when it is loaded; ``package.py`` puts such a model together.
"""
